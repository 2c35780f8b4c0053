"""Who reads whom: Applications that use an object of another Application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from presync.change.model import Change
from presync.contract.parts import parts
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.references import resolver
from presync.platform.references.edges import edges
from presync.platform.references.resolve import Outcome
from presync.render.model import Resource

Key = tuple[str, str]  # of an Application: its own namespace and its name


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """``by``, an object of ``reader``, uses ``what``, an object of ``provider``."""

    reader: Key
    provider: Key
    what: str
    by: str


def key(entry: Entry) -> Key:
    """What tells Applications apart."""
    return (entry.application.namespace, entry.name)


def readings(change: Change) -> Mapping[Reading, str]:
    """All of both states, in order, each ``same``, ``added`` or ``removed``."""
    before, after = set(_readings(change.base)), set(_readings(change.head))
    return {
        one: "same" if one in before and one in after else "added" if one in after else "removed"
        for one in sorted(before | after)
    }


def _readings(platform: Platform) -> Iterator[Reading]:
    for reader, by, provider, what in _pairs(platform):
        if key(reader) != key(provider):
            yield Reading(key(reader), key(provider), str(what), f"{by.kind} {by.name}")


def _pairs(platform: Platform) -> Iterator[tuple[Entry, Resource, Entry, Resource]]:
    """References by name, Services named in texts, and the contract that Pods read."""
    references = resolver(platform)
    for reference in references.references:
        found = references.resolve(reference)
        if found.outcome is Outcome.FOUND:
            for one in found.producers:
                yield reference.entry, reference.resource, one.entry, one.resource
    services = index(platform)
    for edge in edges(platform):
        for entry, service in services.named(edge.cluster, edge.namespace, "Service", edge.service):
            yield edge.entry, edge.resource, entry, service
            for user in edge.users:
                yield user.entry, user.resource, entry, service
    for reader in parts(platform).readers:
        for part in reader.parts:
            yield reader.entry, reader.resource, part.entry, part.resource
