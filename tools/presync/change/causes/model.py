"""What is said about why a field changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.change.model import Difference


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line that this change brought, or took away: ``removed`` lines are counted in the base.

    ``key`` is the key of a value, where it is one. A ``line`` of 0 is the file as a whole.
    """

    file: str
    line: int = 0
    key: str = ""
    removed: bool = False
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Cause:
    """The places found out by trial; none: the changed files are all that is known.

    ``whole`` tells whether the field is what it was before as soon as these are taken back; if not, something else that
    changed has a part in it.
    """

    places: tuple[Place, ...] = ()
    whole: bool = True


UNKNOWN = Cause()


@dataclass(frozen=True, eq=False, slots=True)
class Unit:
    """Something that this change changed and that can be taken back on its own, with the lines it stands in.

    ``what`` says how: ``value``, ``default``, ``files`` (of values), ``parameter``, ``text`` (of the chart) or
    ``request``; nothing for what cannot be tried. ``block`` is the key that comes or goes as a whole, of which this is
    one part.
    """

    what: str
    places: tuple[Place, ...]
    where: str = ""  # the file of the chart
    layer: int = 0
    difference: Difference | None = None
    lines: tuple[int, int, int, int] = (0, 0, 0, 0)  # of the base from, to; of the head from, to
    keys: tuple[str, ...] = ()
    block: Unit | None = None
    parts: list[Unit] = field(default_factory=list, repr=False)  # of a block


Data = Mapping[str, Any]
