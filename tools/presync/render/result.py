"""What rendering one source gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from presync.base.finding import Location, Problem
from presync.render.documents import Object
from presync.render.trace import HelmTrace


@dataclass(frozen=True, slots=True)
class Item:
    """One object as it came out, before lists are taken apart and namespaces filled in."""

    data: Object
    source: Location
    text: str = ""
    chart: str = ""
    template: str = ""  # the path Helm gives the template, where it is one
    trace: HelmTrace | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Output:
    """The objects of a source, in Argo CD's order, with what was noticed and the files that were read."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    reads: frozenset[str] = frozenset()
