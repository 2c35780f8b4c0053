"""What of the cluster Gatekeeper lets templates read as ``data.inventory``, and what they say they need.

A template says so in an annotation; a Config or a SyncSet provides it (pkg/cachemanager/parser, `gator sync test`).
presync itself shows templates everything that is rendered, so what is not provided is seen only here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.policy.model import CONSTRAINTS, TEMPLATES, Object, listed, mapping
from presync.render.model import Resource

ANNOTATION = "metadata.gatekeeper.sh/requires-sync-data"
_INVENTORY = re.compile(r"\bdata\.inventory\b|\bdata\[\s*\"inventory\"\s*\]")
_COMMENT = re.compile(r"(?m)^\s*#.*$")
_CLAUSE = ("groups", "versions", "kinds")
Gvk = tuple[str, str, str]


class RequirementError(Exception):
    """The annotation of a template cannot be read."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Kinds of which a template needs one; they stand for each other."""

    kinds: tuple[Gvk, ...]

    def __str__(self) -> str:
        return " or ".join(f"{kind} ({group}/{version})".replace("(/", "(") for group, version, kind in self.kinds)


def requirements(template: Object) -> list[Requirement]:
    """What a template says it needs; nothing without the annotation.

    Raises:
        RequirementError: Gatekeeper cannot read it.
    """
    text = mapping(mapping(template.get("metadata")).get("annotations")).get(ANNOTATION)
    if not isinstance(text, str):
        return []
    try:
        # What follows the first value is not looked at.
        found, _ = json.JSONDecoder().raw_decode(text.strip('\n"').lstrip())
    except ValueError as error:
        raise RequirementError(f"it is no JSON: {error}") from None
    return [Requirement(tuple(_expanded(clauses))) for clauses in _lists(found)]


def _expanded(clauses: list[Any]) -> Iterator[Gvk]:
    for clause in clauses:
        if not isinstance(clause, Mapping):
            raise RequirementError("it is not a list of lists of objects with groups, versions and kinds")
        known = {str(key).lower(): value for key, value in clause.items()}
        unknown = sorted(known.keys() - set(_CLAUSE))
        if unknown:
            raise RequirementError(f"unknown field {unknown[0]}; there are groups, versions and kinds")
        groups, versions, kinds = ([str(one) for one in listed(known.get(key))] for key in _CLAUSE)
        yield from ((group, version, kind) for group in groups for version in versions for kind in kinds)


def _lists(found: Any) -> list[list[Any]]:
    if not isinstance(found, list) or not all(isinstance(one, list) for one in found):
        raise RequirementError("it is not a list of lists of objects with groups, versions and kinds")
    return found


def reads_inventory(template: Object) -> bool:
    """Whether the Rego of a template mentions ``data.inventory``."""
    return any(_INVENTORY.search(_COMMENT.sub("", text)) for text in _rego(template))


def _rego(template: Object) -> Iterator[str]:
    for target in listed(mapping(template.get("spec")).get("targets")):
        sources = [mapping(target)]
        sources += [mapping(mapping(one).get("source")) for one in listed(mapping(target).get("code"))]
        for source in sources:
            yield from (text for text in (source.get("rego"), *listed(source.get("libs"))) if isinstance(text, str))


def synced(platform: Platform) -> Mapping[str, frozenset[Gvk]]:
    """By cluster, what any Config or SyncSet of it names."""
    return memo(platform, "policy-synced", _synced)


def _synced(platform: Platform) -> dict[str, frozenset[Gvk]]:
    found: dict[str, frozenset[Gvk]] = {}
    for group, kind, path in (
        ("config.gatekeeper.sh", "Config", ("sync", "syncOnly")),
        ("syncset.gatekeeper.sh", "SyncSet", ("gvks",)),
    ):
        for entry, resource in index(platform).of_kind(group, kind):
            if kind == "Config" and resource.name != "config":
                continue  # Gatekeeper knows one, by its name
            value: Any = mapping(resource.data.get("spec"))
            for step in path:
                value = mapping(value).get(step)
            named = frozenset(_gvk(mapping(one)) for one in listed(value))
            cluster = entry.application.destination.cluster
            found[cluster] = found.get(cluster, frozenset()) | named
    return found


def _gvk(one: Object) -> Gvk:
    return str(one.get("group") or ""), str(one.get("version") or ""), str(one.get("kind") or "")


def _asked_kinds(platform: Platform) -> frozenset[tuple[str, str]]:
    """Cluster and kind of every constraint: a template nobody asks needs nothing."""
    return memo(platform, "policy-asked", _asked)


def _asked(platform: Platform) -> frozenset[tuple[str, str]]:
    return frozenset(
        (entry.application.destination.cluster, resource.kind)
        for entry, resource in platform.resources()
        if resource.group == CONSTRAINTS
    )


def templates(platform: Platform) -> Iterator[tuple[Entry, Resource, str]]:
    """Every ConstraintTemplate with a constraint in its cluster: entry, resource, cluster."""
    for entry, resource in index(platform).of_kind(TEMPLATES, "ConstraintTemplate"):
        cluster = entry.application.destination.cluster
        spec = mapping(mapping(mapping(resource.data.get("spec")).get("crd")).get("spec"))
        if (cluster, str(mapping(spec.get("names")).get("kind") or "")) in _asked_kinds(platform):
            yield entry, resource, cluster
