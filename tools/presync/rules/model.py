"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from presync.base.finding import Location, Problem, Severity
from presync.change.model import Change
from presync.platform.model import Entry, Platform
from presync.render.model import Resource

Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class Match:
    """One thing a rule found. Its line in a file is looked up later, from ``entry``, ``resource`` and ``path``.

    ``severity`` and ``undetermined`` stand here only where they differ from the rule's. Matches of one environment with
    the same ``cause`` become one finding with several places.
    """

    message: str
    remedy: str = ""
    entry: Entry | None = None
    resource: Resource | None = None
    path: Path = ()
    location: Location | None = None  # known already; else it is looked up
    severity: Severity | None = None
    undetermined: bool | None = None
    cause: str = ""
    key: str = ""
    application: str = ""  # where there is no entry
    resource_name: str = ""  # where there is no resource
    field: str = ""  # where there is no path
    quote: str = ""  # text that stands in the line to edit
    beside: Path = ()  # of something missing that no value could set: what stands where it belongs
    printed: bool = False  # the way the value is printed is at fault: the template's line where that changes its type


Check = Callable[[Platform], Iterator[Match]]
# What a rule about a change looks at: two states and what differs.
CheckChange = Callable[[Change], Iterator[Match]]
# May change or drop what becomes of a Problem, knowing the whole platform.
Refine = Callable[[Platform, Problem, Match], Match | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A module of this package: its constants, its ``check`` where it has one, its docstring."""

    id: str
    name: str
    severity: Severity
    undetermined: bool
    kinds: tuple[str, ...]  # the kinds of Problem this rule turns into findings
    doc: str = field(repr=False)
    check: Check | None = None
    change: CheckChange | None = None
    refine: Refine | None = None

    @property
    def group(self) -> str:
        """``ARG`` of ``ARG001``."""
        return self.id[:3]


def of_problem(problem: Problem, entry: Entry | None = None) -> Match:
    """What an earlier step reported, as a match."""
    return Match(
        problem.message,
        problem.remedy,
        entry,
        location=problem.location,
        cause=problem.cause,
        application=problem.application,
        resource_name=problem.resource,
        field=problem.field,
    )


def dotted(path: Path) -> str:
    """A path as people write it: ``spec.containers[0].env``, ``metadata.labels[app.kubernetes.io/name]``."""
    text = ""
    for step in path:
        if isinstance(step, int) or not step.replace("_", "a").replace("-", "a").replace("$", "a").isalnum():
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
