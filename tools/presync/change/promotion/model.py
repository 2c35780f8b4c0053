"""What differs between two environments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from presync.base.finding import Location
from presync.change.model import MISSING, Path
from presync.platform.model import Entry
from presync.render.model import Resource

NOWHERE = Location()
SHARED = "(shared)"  # stands for an app where a value file of all of them is meant


@dataclass(frozen=True, slots=True)
class Declaration:
    """Which entry of ``differences`` in presync.yaml says that a difference is meant, and its reason."""

    at: int
    why: str


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A key of the values. ``here`` and ``there`` are MISSING where the environment's files and the chart say nothing.

    ``set_here`` and ``set_there`` tell whether a file of the environment says it, or only the chart's default.
    """

    path: str
    here: Any
    there: Any
    set_here: bool
    set_there: bool
    here_place: Location = NOWHERE
    there_place: Location = NOWHERE
    declared: Declaration | None = None
    version: bool = False  # it only sets the version of an image, which is told as such

    @property
    def settled(self) -> bool:
        """Whether nobody has to look at it."""
        return self.declared is not None or self.version


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field of a rendered object, or of the Application itself. An empty ``field`` is the whole object, which only
    one environment has. ``by_values``: it follows from the values that differ."""

    resource: str
    field: str
    here: Any
    there: Any
    by_values: bool
    place: Location = NOWHERE
    declared: Declaration | None = None
    found_in: Resource | None = None  # the object, and where in it the field is, to look its line up
    path: Path = ()

    @property
    def settled(self) -> bool:
        """Whether nobody has to look at it for its own sake."""
        return self.declared is not None or self.by_values


@dataclass(frozen=True, slots=True)
class Since:
    """The commit since which an environment has something; ``unknown`` is the reason why it cannot be told."""

    commit: str = ""
    date: str = ""
    subject: str = ""
    unknown: str = ""


NEVER = Since()


@dataclass(frozen=True, slots=True)
class Version:
    """A version that differs. ``order`` is ``behind`` or ``ahead``, told of the second environment, or ``differs``."""

    what: str  # image, chart or revision
    name: str
    here: str
    there: str
    order: str
    here_place: Location = NOWHERE
    there_place: Location = NOWHERE
    since: Since = NEVER


@dataclass(frozen=True, slots=True)
class App:
    """An app in both environments, or in one of them. ``unknown`` is why nothing can be said of what it renders."""

    name: str
    here: Entry | None
    there: Entry | None
    values: tuple[ValueDifference, ...] = ()
    fields: tuple[FieldDifference, ...] = ()
    versions: tuple[Version, ...] = ()
    unknown: str = ""
    declared: Declaration | None = None  # that it is in one environment only

    @property
    def alone(self) -> str:
        """The environment it is in, where that is one only."""
        if self.here is None and self.there is not None:
            return self.there.environment
        return self.here.environment if self.there is None and self.here is not None else ""

    @property
    def undeclared(self) -> int:
        """How many of its differences somebody has to look at."""
        return (
            (self.alone != "" and self.declared is None)
            + sum(not one.settled for one in self.values)
            + sum(not one.settled for one in self.fields)
        )


@dataclass(frozen=True)
class Promotion:
    """Two environments, compared. ``facts`` are the texts by which they differ throughout, which count as equal."""

    here: str
    there: str
    apps: tuple[App, ...]
    facts: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()  # entries of ``differences`` that are about nothing here
    strangers: tuple[str, ...] = ()  # Applications of either that no name makes an app

    @property
    def undeclared(self) -> int:
        return sum(app.undeclared for app in self.apps)

    @property
    def unknown(self) -> Iterator[App]:
        return (app for app in self.apps if app.unknown)

    def only(self, names: frozenset[str]) -> Promotion:
        """The part that is about some apps; nothing is called unused then."""
        return replace(self, apps=tuple(app for app in self.apps if app.name in names), unused=(), strangers=())


__all__ = [
    "MISSING",
    "SHARED",
    "App",
    "Declaration",
    "FieldDifference",
    "Promotion",
    "Since",
    "ValueDifference",
    "Version",
]
