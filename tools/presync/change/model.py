"""The difference between two states of the platform."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from presync.platform.model import Entry, Platform
from presync.render.model import Resource


class Missing:
    """Stands for a field that is not there."""

    def __repr__(self) -> str:
        return "(not there)"


MISSING = Missing()
Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs. Items of lists that have a key are named by it: ``containers``, ``[name=web]``.

    ``path`` is for people; ``head`` and ``base`` are the same place with the indexes it has in either state, as far as
    it exists there. ``noise`` tells what follows from something else: checksums, chart labels.
    """

    path: Path
    old: Any
    new: Any
    base: Path = ()
    head: Path = ()
    noise: bool = False

    @property
    def added(self) -> bool:
        return self.old is MISSING

    @property
    def removed(self) -> bool:
        return self.new is MISSING


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """An object that is added (no ``old``), removed (no ``new``), changed, or moved to another Application."""

    old: Resource | None
    new: Resource | None
    old_entry: Entry | None
    new_entry: Entry | None
    differences: tuple[Difference, ...] = ()

    @property
    def resource(self) -> Resource:
        found = self.new or self.old
        assert found is not None  # noqa: S101 - one of them is there
        return found

    @property
    def entry(self) -> Entry:
        found = self.new_entry or self.old_entry
        assert found is not None  # noqa: S101 - one of them is there
        return found

    @property
    def kind(self) -> str:
        """``added``, ``removed``, ``moved`` or ``changed``."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "moved" if self.moved else "changed"

    @property
    def moved(self) -> bool:
        """Whether another Application has it now."""
        return self.old_entry is not None and self.new_entry is not None and self.old_entry.name != self.new_entry.name

    @property
    def quiet(self) -> bool:
        """Whether nothing but noise differs."""
        return self.kind == "changed" and all(one.noise for one in self.differences)


@dataclass(frozen=True, slots=True)
class ApplicationChange:
    """An Application that is added, removed, or changed itself (not what it renders)."""

    old: Entry | None
    new: Entry | None
    differences: tuple[Difference, ...] = ()
    counterpart: Entry | None = None  # the one it becomes, or was, where it seems to be renamed

    @property
    def entry(self) -> Entry:
        found = self.new or self.old
        assert found is not None  # noqa: S101 - one of them is there
        return found

    @property
    def kind(self) -> str:
        """``added``, ``removed`` or ``changed``."""
        return "added" if self.old is None else "removed" if self.new is None else "changed"


@dataclass(frozen=True)
class Change:
    """Everything that differs. ``unknown`` are Applications of which one state could not be rendered: nothing is said
    about their objects, least of all that they are gone."""

    base: Platform
    head: Platform
    applications: tuple[ApplicationChange, ...]
    resources: tuple[ResourceChange, ...]
    unknown: tuple[tuple[Entry | None, Entry | None], ...] = ()
    files: tuple[str, ...] = ()  # that differ, of the tree
    notes: tuple[str, ...] = ()  # what a reader must know of how the two were chosen
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def loud(self) -> Iterator[ResourceChange]:
        """The changes that are more than noise."""
        return (one for one in self.resources if not one.quiet)

    @property
    def is_empty(self) -> bool:
        return not self.applications and not self.resources and not self.unknown
