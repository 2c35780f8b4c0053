"""A reference and what it may lead to."""

from __future__ import annotations

from dataclasses import dataclass

from presync.platform.model import Entry
from presync.platform.violation import Path
from presync.render.model import Resource


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names another object."""

    entry: Entry
    resource: Resource
    path: Path  # of the name
    kind: str
    namespace: str  # of the target; empty for kinds without one
    name: str
    optional: bool = False  # Kubernetes goes on without it
    harmless: bool = False  # something still works without it: a warning, not an error
    keys: tuple[tuple[str, Path], ...] = ()  # keys that must be there, and the field that wants each

    @property
    def cluster(self) -> str:
        return self.entry.application.destination.cluster

    @property
    def target(self) -> tuple[str, str, str, str]:
        """Cluster, kind, namespace, name."""
        return (self.cluster, self.kind, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Producer:
    """What puts an object into the cluster: the object itself, or something from which a controller makes it."""

    entry: Entry
    resource: Resource
    keys: frozenset[str] | None = None  # None: not known, any key may be there
