"""An ApplicationSet's template: with a generator's own template over it, and what Argo CD normalises in the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from presync.argocd.appset.gotypes import Path, Type, encode, struct, unknown
from presync.argocd.versions import NEWEST, before, stored_spec

TEMPLATE = struct("ApplicationSetTemplate")
APPLICATION = struct("Application")
SPEC = struct("ApplicationSpec")

RESOURCES_FINALIZER = "resources-finalizer.argocd.argoproj.io"

# What makes the block for a tool count as empty; it is then left out, whatever other flags it has.
_KUSTOMIZE = frozenset(
    "namePrefix nameSuffix version namespace images replicas commonLabels "  # noqa: SIM905 - reads better
    "commonAnnotations patches components kubeVersion apiVersions ignoreMissingComponents".split()
)
_SYNC_POLICY = ("automated", "syncOptions", "retry", "managedNamespaceMetadata")


def merged(of: Type, over: Any, base: Any) -> Any:
    """``over`` with what it leaves empty taken from ``base``, as mergo does with Go structs.

    ``false``, 0 and an empty text count as left empty, also behind a pointer; lists are taken whole; of maps the keys
    of both remain.
    """
    if of.kind == "struct":
        if over is None or base is None:
            return base if over is None else over
        out = {
            key: merged(field.type, over.get(key), base.get(key))
            for key, field in of.fields.items()
            if key in over or key in base
        }
        return {key: value for key, value in out.items() if value is not None}
    if of.kind == "map" and over and base:
        return {**over, **{key: value for key, value in base.items() if not over.get(key)}}
    if of.kind == "object":
        return base if over is None else over
    if not over:
        return base if base or over is None else over
    return over


def normalized(application: Mapping[str, Any], version: str = NEWEST) -> dict[str, Any]:
    """The Application as it is stored: empty fields gone, and what Argo CD's NormalizeApplicationSpec does.

    https://github.com/argoproj/argo-cd/blob/v3.5.7/util/argo/argo.go
    """
    out: dict[str, Any] = encode(APPLICATION, application)
    for path in unknown(SPEC, out["spec"], (), version):  # a patch may have brought it
        _remove(out["spec"], path)
    normalize_spec(out["spec"], version)
    stored_spec(version, out["spec"])
    return out


def _remove(value: Any, path: Path) -> None:
    for step in path[:-1]:
        value = value[step]
    del value[path[-1]]


def normalize_spec(spec: dict[str, Any], version: str = NEWEST) -> None:
    """Argo CD's normalisation of a spec, in place; until 3.4 it normalised a copy of each of several sources."""
    if not spec.get("project"):
        spec["project"] = "default"
    policy = spec.get("syncPolicy")
    if policy is not None and not any(policy.get(key) or policy.get(key) == {} for key in _SYNC_POLICY):
        del spec["syncPolicy"]
    sources = spec.get("sources") or ([spec["source"]] if spec.get("source") is not None else [])
    if spec.get("sources") and before(version, "3.5"):
        return
    for source in sources:
        _normalize_source(source)


def _normalize_source(source: dict[str, Any]) -> None:
    kustomize, helm, directory = (source.get(key) for key in ("kustomize", "helm", "directory"))
    if kustomize is not None and not any(kustomize.get(key) for key in _KUSTOMIZE):
        del source["kustomize"]
    if helm is not None and not any(value or key == "valuesObject" for key, value in helm.items()):
        del source["helm"]
    if directory is not None and not directory.get("recurse") and not any((directory.get("jsonnet") or {}).values()):
        kept = {key: directory[key] for key in ("exclude", "include") if directory.get(key)}
        if kept:
            source["directory"] = kept
        else:
            del source["directory"]
