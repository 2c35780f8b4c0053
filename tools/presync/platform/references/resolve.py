"""Whether references lead somewhere."""

from __future__ import annotations

import enum
import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from presync.argocd.sync import is_applied
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.references.kinds import collect
from presync.platform.references.model import Producer, Reference
from presync.platform.references.pods import Consumer, of_pod_spec
from presync.platform.references.producers import always_there, made
from presync.platform.workloads import GROUPS, pod_specs


class Outcome(enum.Enum):
    """How the search for a target ended."""

    FOUND = "found"
    MISSING = "missing"
    ELSEWHERE = "elsewhere"  # another environment has it


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where a reference leads."""

    outcome: Outcome
    producers: tuple[Producer, ...] = ()
    keys: frozenset[str] | None = None  # None: not known, any key may be there


class Resolver:
    """All references of a platform, and everything they may lead to."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._strict = bool(platform.settings.environments)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every reference of every object that a sync applies."""
        return tuple(self._references())

    def of_kind(self, *kinds: str) -> Iterator[Reference]:
        """Those to objects of these kinds."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> dict[str, list[Reference]]:
        found: dict[str, list[Reference]] = {}
        for reference in self.references:
            found.setdefault(reference.kind, []).append(reference)
        return found

    @cached_property
    def _producers(self) -> dict[tuple[str, str, str, str], list[Producer]]:
        found: dict[tuple[str, str, str, str], list[Producer]] = {}
        for entry in self._platform.entries:
            cluster = entry.application.destination.cluster
            for resource in entry.rendered.resources:
                if not is_applied(resource.annotations):
                    continue
                for kind, namespace, name, keys in made(
                    resource.group, resource.kind, resource.namespace, resource.name, resource.data
                ):
                    found.setdefault((cluster, kind, namespace, name), []).append(Producer(entry, resource, keys))
        return found

    def names(self, cluster: str, kind: str, namespace: str) -> list[str]:
        """The names of a kind in a namespace, to guess what was meant."""
        return self._names.get((cluster, kind, namespace), [])

    @cached_property
    def _names(self) -> dict[tuple[str, str, str], list[str]]:
        found: dict[tuple[str, str, str], list[str]] = {}
        for cluster, kind, namespace, name in self._producers:
            found.setdefault((cluster, kind, namespace), []).append(name)
        return found

    def resolve(self, reference: Reference) -> Resolution:
        """Look for the target: rendered, made by a controller, made by Kubernetes, or declared in the settings."""
        producers = tuple(self._producers.get(reference.target, ()))
        near = tuple(one for one in producers if self._same_environment(reference.entry, one.entry))
        if near:
            return Resolution(Outcome.FOUND, near, _union(near))
        keys = always_there(reference.kind, reference.namespace, reference.name)
        if keys is not None:
            return Resolution(Outcome.FOUND, keys=keys)
        declared = self._declared(reference)
        if declared is not None:
            return declared
        return Resolution(Outcome.ELSEWHERE if producers else Outcome.MISSING, producers)

    def _same_environment(self, one: Entry, other: Entry) -> bool:
        """Only where the settings say what the environments are; guessed ones prove nothing."""
        return not self._strict or not one.environment or not other.environment or one.environment == other.environment

    def _declared(self, reference: Reference) -> Resolution | None:
        for declared in self._platform.settings.objects:
            if (
                declared.kind == reference.kind
                and fnmatch.fnmatchcase(reference.namespace, declared.namespace)
                and fnmatch.fnmatchcase(reference.name, declared.name)
            ):
                return Resolution(Outcome.FOUND, keys=frozenset(declared.keys) if declared.keys else None)
        return None

    def in_the_dark(self, cluster: str, namespace: str) -> tuple[str, ...]:
        """Applications of which nothing is known and which may have put something into this namespace."""
        dark = self._dark.get((cluster, namespace), [])
        return tuple(
            dark if namespace else [name for (one, _), names in self._dark.items() if one == cluster for name in names]
        )

    @cached_property
    def _dark(self) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for entry in self._platform.entries:
            if entry.rendered.unavailable or entry.rendered.error:
                destination = entry.application.destination
                found.setdefault((destination.cluster, destination.namespace), []).append(entry.name)
        return found

    def _references(self) -> Iterator[Reference]:
        for entry, resource in self._platform.resources():
            if not is_applied(resource.annotations):
                continue
            who = Consumer(entry, resource)
            if resource.group in GROUPS:
                for pod in pod_specs(resource.data, resource.kind):
                    yield from of_pod_spec(who, pod.spec, pod.path)
            yield from collect(who)


def _union(producers: tuple[Producer, ...]) -> frozenset[str] | None:
    keys: set[str] = set()
    for producer in producers:
        if producer.keys is None:
            return None
        keys |= producer.keys
    return frozenset(keys)


def resolver(platform: Platform) -> Resolver:
    """The resolver of a platform."""
    return memo(platform, "references", Resolver)
