"""What Argo CD 3.3 and 3.4 do otherwise than 3.5, on which everything here is modelled.

Read in the sources of v3.3.19, v3.4.13 and v3.5.7; docs/fidelity.md lists all of it, with what no code here models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

VERSIONS = ("3.3", "3.4", "3.5")
NEWEST = VERSIONS[-1]

# Fields of Go's structs, and the version that brought them; earlier ones drop them, or refuse the object.
_SINCE: Mapping[tuple[str, str], str] = {
    ("ApplicationSource", "tagPrefix"): "3.5",
    ("SCMProviderGeneratorGitea", "excludeArchivedRepos"): "3.5",
    ("SCMProviderGeneratorGithub", "excludeArchivedRepos"): "3.5",
    ("SCMProviderGeneratorGitlab", "includeArchivedRepos"): "3.5",
    ("SyncSource", "repoURL"): "3.5",
}
# The same for the CustomResourceDefinitions: a property, one that stands beside it, and the version.
_PROPERTIES = (
    ("tagPrefix", "targetRevision", "3.5"),
    ("excludeArchivedRepos", "allBranches", "3.5"),
    ("includeArchivedRepos", "group", "3.5"),
    ("repoURL", "targetBranch", "3.5"),
    ("sourceIntegrity", "signatureKeys", "3.5"),
    ("syncOverrun", "manualSync", "3.5"),
)
HELM: Mapping[str, str] = {"3.3": "3.19", "3.4": "3.19", "3.5": "4.2"}  # what each brings
_HELM: Mapping[str, tuple[str, ...]] = {"3.3": ("", "v3"), "3.4": ("", "v3")}


def before(version: str, other: str) -> bool:
    """Whether a version is earlier than another."""
    return VERSIONS.index(version) < VERSIONS.index(other)


def has_field(version: str, struct: str, name: str) -> bool:
    """Whether a version knows a field of a struct of the newest one."""
    since = _SINCE.get((struct, name))
    return since is None or not before(version, since)


def helm_of(version: str, wanted: str = "") -> str:
    """The Helm that a version runs, unless another one is asked for."""
    return wanted or HELM[version]


def has_helm(version: str, wanted: str) -> bool:
    """Whether ``helm.version`` may be that."""
    return wanted in _HELM.get(version, ("", "v3", "v4"))


def schema_of(version: str, schema: Any) -> Any:
    """The schema of a CustomResourceDefinition of the newest version, as the other has it."""
    if isinstance(schema, list):
        return [schema_of(version, item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    out = {key: schema_of(version, value) for key, value in schema.items()}
    properties = out.get("properties")
    if isinstance(properties, dict):
        for name, beside, since in _PROPERTIES:
            if name in properties and beside in properties and before(version, since):
                del properties[name]
    return out


def stored_spec(version: str, spec: dict[str, Any]) -> None:
    """What Go's types of an earlier version make of a generated spec, in place.

    3.3 cannot tell ``prune: false`` from none, and writes ``jsonnet`` into every ``directory``.
    """
    if not before(version, "3.4"):
        return
    automated = (spec.get("syncPolicy") or {}).get("automated")
    for key in ("prune", "selfHeal", "allowEmpty"):
        if isinstance(automated, dict) and automated.get(key) is False:
            del automated[key]
    sources = spec.get("sources") or []
    for source in [*sources, *([spec["source"]] if isinstance(spec.get("source"), dict) else [])]:
        if isinstance(source.get("directory"), dict):
            source["directory"].setdefault("jsonnet", {})


def later_sync_options(version: str, options: Sequence[str]) -> list[str]:
    """The sync options of an Application that a version does not look at."""
    return [one for one in options if before(version, "3.4") and one.partition("=")[0] in ("Prune", "Delete")]
