"""Whether a constraint's ``match`` takes an object, as Gatekeeper's webhook decides (pkg/mutation/match)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from presync.platform.selectors import matches as selects
from presync.policy.model import Object, Source, listed, mapping


class Unmatchable(Exception):
    """It cannot be decided; Gatekeeper takes that for a violation, with this message."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object, the Namespace it is in where that is known, and how it came to be."""

    data: Object = field(repr=False)
    namespace: Object | None = field(default=None, repr=False)
    source: Source = Source.ORIGINAL

    @property
    def group(self) -> str:
        return str(self.data.get("apiVersion") or "").rpartition("/")[0]

    @property
    def kind(self) -> str:
        return str(self.data.get("kind") or "")

    @property
    def metadata(self) -> Object:
        return mapping(self.data.get("metadata"))

    @property
    def is_namespace(self) -> bool:
        return self.kind == "Namespace" and self.group == ""

    @property
    def within(self) -> str:
        """The name that ``namespaces`` is compared with; empty for what is cluster-scoped."""
        if self.is_namespace:
            return str(self.metadata.get("name") or "")
        if self.namespace is not None:
            return str(mapping(self.namespace.get("metadata")).get("name") or "")
        return str(self.metadata.get("namespace") or "")


def glob(pattern: Any, text: str) -> bool:
    """Gatekeeper's wildcard: a star at the front, at the end, or at both."""
    pattern = str(pattern)
    if pattern.startswith("*") and pattern.endswith("*"):
        return pattern[1:].removesuffix("*") in text
    if pattern.startswith("*"):
        return text.endswith(pattern[1:])
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def matches(match: Object, candidate: Candidate) -> bool:
    """Whether every part of ``match`` takes the object; an empty one takes all.

    Raises:
        Unmatchable: the labels of a namespace are asked for and not known.
    """
    return (
        takes_kind(match, candidate.group, candidate.kind)
        and _scope(match, candidate)
        and _namespaces(match, candidate)
        and _labels(match, candidate)
        and _namespace_labels(match, candidate)
        and _name(match, candidate)
        and _source(match, candidate)
    )


def takes_kind(match: Object, group: str, kind: str) -> bool:
    """Whether ``kinds`` names the kind."""
    kinds = listed(match.get("kinds"))
    return not kinds or any(
        _named(mapping(one).get("kinds"), kind) and _named(mapping(one).get("apiGroups"), group) for one in kinds
    )


def _named(names: Any, name: str) -> bool:
    names = listed(names)
    return not names or "*" in names or name in names


def _scope(match: Object, candidate: Candidate) -> bool:
    namespaced = bool(candidate.metadata.get("namespace")) or candidate.namespace is not None
    if match.get("scope") == "Cluster":
        return candidate.is_namespace or not namespaced
    return match.get("scope") != "Namespaced" or (namespaced and not candidate.is_namespace)


def _namespaces(match: Object, candidate: Candidate) -> bool:
    """What has no namespace is not kept out by names of namespaces."""
    within = candidate.within
    if not within:
        return True
    included, excluded = listed(match.get("namespaces")), listed(match.get("excludedNamespaces"))
    return (not included or _any(included, within)) and not _any(excluded, within)


def _any(patterns: Iterable[Any], text: str) -> bool:
    return any(glob(pattern, text) for pattern in patterns)


def _labels(match: Object, candidate: Candidate) -> bool:
    selector = match.get("labelSelector")
    return selector is None or selects(selector, mapping(candidate.metadata.get("labels")))


def _namespace_labels(match: Object, candidate: Candidate) -> bool:
    selector = match.get("namespaceSelector")
    if selector is None:
        return True
    if candidate.is_namespace:
        return selects(selector, mapping(candidate.metadata.get("labels")))
    if candidate.namespace is not None:
        return selects(selector, mapping(mapping(candidate.namespace.get("metadata")).get("labels")))
    if not candidate.metadata.get("namespace"):
        return True
    raise Unmatchable("namespace selector for namespace-scoped object but missing Namespace")


def _name(match: Object, candidate: Candidate) -> bool:
    pattern = str(match.get("name") or "")
    if not pattern:
        return True
    generated = str(candidate.metadata.get("generateName") or "")
    return glob(pattern, str(candidate.metadata.get("name") or "")) or (
        pattern.endswith("*") and glob(pattern, generated)
    )


def _source(match: Object, candidate: Candidate) -> bool:
    wanted = match.get("source") or "All"
    return wanted in ("All", candidate.source)
