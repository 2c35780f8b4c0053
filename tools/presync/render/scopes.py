"""Which rendered kinds have a namespace: Kubernetes' own, and those of the CRDs that are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from presync.argocd.scope import cluster_scoped

Scopes = Mapping[tuple[str, str], bool]  # (group, kind) -> cluster-scoped


def declared(objects: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], bool]:
    """What the CRDs among the objects say."""
    found = {}
    for data in objects:
        if data.get("kind") != "CustomResourceDefinition":
            continue
        spec = data.get("spec")
        names = spec.get("names") if isinstance(spec, Mapping) else None
        if isinstance(spec, Mapping) and isinstance(names, Mapping):
            found[(str(spec.get("group")), str(names.get("kind")))] = spec.get("scope") == "Cluster"
    return found


def namespace_of(data: Mapping[str, Any], destination: str, scopes: Scopes) -> str:
    """The namespace Argo CD gives an object; a kind nobody knows is taken for one that has a namespace."""
    group = str(data.get("apiVersion") or "").rpartition("/")[0]
    kind = str(data.get("kind") or "")
    known = scopes.get((group, kind))
    if known is None:
        known = cluster_scoped(group, kind)
    if known:
        return ""
    metadata = data.get("metadata")
    own = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    return str(own) if own else destination
