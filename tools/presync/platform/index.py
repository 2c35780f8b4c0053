"""Resources by kind and by place."""

from __future__ import annotations

from collections.abc import Sequence

from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.render.model import Resource

Pair = tuple[Entry, Resource]


class Index:
    """Built in one pass over a platform."""

    def __init__(self, platform: Platform) -> None:
        self._kinds: dict[tuple[str, str], list[Pair]] = {}
        self._places: dict[tuple[str, str, str], list[Pair]] = {}
        self._names: dict[tuple[str, str, str, str], list[Pair]] = {}
        for entry in platform.entries:
            cluster = entry.application.destination.cluster
            for resource in entry.rendered.resources:
                pair, kind = (entry, resource), resource.kind
                self._kinds.setdefault((resource.group, kind), []).append(pair)
                self._places.setdefault((cluster, resource.namespace, kind), []).append(pair)
                self._names.setdefault((cluster, resource.namespace, kind, resource.name), []).append(pair)

    def of_kind(self, group: str, kind: str) -> Sequence[Pair]:
        """Every resource of a kind, in every cluster."""
        return self._kinds.get((group, kind), ())

    def in_namespace(self, cluster: str, namespace: str, kind: str) -> Sequence[Pair]:
        """Every resource of a kind in a namespace; the empty namespace holds what has none."""
        return self._places.get((cluster, namespace, kind), ())

    def named(self, cluster: str, namespace: str, kind: str, name: str) -> Sequence[Pair]:
        """Every resource that claims to be this one."""
        return self._names.get((cluster, namespace, kind, name), ())


def index(platform: Platform) -> Index:
    """The index of a platform."""
    return memo(platform, "index", Index)
