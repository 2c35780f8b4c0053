"""ExpansionTemplates: what an object will make, judged with it (pkg/expansion)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from presync.policy.model import EXPANSION, Fault, Object, listed, mapping

_MOST_DEPTH = 30


class ExpansionError(Exception):
    """An object cannot be expanded."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """One ExpansionTemplate."""

    name: str
    source: tuple[str, ...]  # where the template of the generated object stands
    generated: tuple[str, str, str]  # group, version, kind
    action: str  # replaces the constraint's enforcementAction; empty: it stays
    applies: tuple[Object, ...] = field(repr=False)

    def takes(self, group: str, version: str, kind: str) -> bool:
        """Whether objects of this kind are expanded."""
        return any(
            group in listed(one.get("groups"))
            and version in listed(one.get("versions"))
            and kind in listed(one.get("kinds"))
            for one in self.applies
        )


@dataclass(frozen=True, slots=True)
class Generated:
    """An object that another will make; ``path`` is where it stands in that one."""

    data: Object = field(repr=False)
    expansion: Expansion
    path: tuple[str, ...]


def is_expansion(data: Object) -> bool:
    """Whether an object is an ExpansionTemplate."""
    return data.get("kind") == "ExpansionTemplate" and str(data.get("apiVersion") or "").startswith(f"{EXPANSION}/")


def read(data: Object) -> Expansion | Fault:
    """The ExpansionTemplate, or why Gatekeeper refuses it."""
    name = str(mapping(data.get("metadata")).get("name") or "")
    spec = mapping(data.get("spec"))
    made = mapping(spec.get("generatedGVK"))
    generated = (str(made.get("group") or ""), str(made.get("version") or ""), str(made.get("kind") or ""))
    applies = tuple(mapping(one) for one in listed(spec.get("applyTo")))
    if not 0 < len(name) < 64:
        return Fault("the name of an ExpansionTemplate has 1 to 63 characters", ("metadata", "name"))
    if not spec.get("templateSource"):
        return Fault(f"ExpansionTemplate {name} has empty source field", ("spec", "templateSource"))
    if not any(generated):
        return Fault(f"ExpansionTemplate {name} has empty generatedGVK field", ("spec", "generatedGVK"))
    if not applies:
        return Fault(f"ExpansionTemplate {name} must specify ApplyTo", ("spec", "applyTo"))
    source = tuple(str(spec["templateSource"]).split("."))
    found = Expansion(name, source, generated, str(spec.get("enforcementAction") or ""), applies)
    if found.takes(*generated):
        return Fault(f"ExpansionTemplate {name} generates what it also applies to", ("spec", "generatedGVK"))
    return found


def expand(data: Object, expansions: Sequence[Expansion], namespace: str = "", depth: int = 0) -> Iterator[Generated]:
    """Everything the object will make, what that makes included; ``namespace`` is the one it is in.

    Raises:
        ExpansionError: an ExpansionTemplate names a place that the object does not have.
    """
    if depth >= _MOST_DEPTH:
        raise ExpansionError(f"maximum recursion depth of {_MOST_DEPTH} reached")
    group, _, version = str(data.get("apiVersion") or "").rpartition("/")
    for one in sorted(expansions, key=lambda each: each.name):
        if not one.takes(group, version, str(data.get("kind") or "")):
            continue
        made = _made(data, one, namespace)
        yield Generated(made, one, one.source)
        for below in expand(made, expansions, namespace, depth + 1):
            yield Generated(below.data, below.expansion, (*one.source, *below.path))


def _made(data: Object, one: Expansion, namespace: str) -> Object:
    name = str(mapping(data.get("metadata")).get("name") or "")
    source: Any = data
    for step in one.source:
        source = mapping(source).get(step)
    if not isinstance(source, dict):
        raise ExpansionError(f'could not find source field "{".".join(one.source)}" in resource {name}')
    made: dict[str, Any] = dict(source)  # what is below stays shared: nobody writes into it
    group, version, kind = one.generated
    metadata = dict(mapping(made.get("metadata")))
    metadata["name"] = f"{name}-{kind}".lower()
    within = namespace or mapping(data.get("metadata")).get("namespace")
    if within:
        metadata["namespace"] = within
    owner = {"apiVersion": data.get("apiVersion"), "kind": data.get("kind"), "name": name, "uid": ""}
    if all(owner[key] for key in ("apiVersion", "kind", "name")):
        metadata["ownerReferences"] = [*listed(metadata.get("ownerReferences")), owner]
    made.update(apiVersion=f"{group}/{version}" if group else version, kind=kind, metadata=metadata)
    return made
