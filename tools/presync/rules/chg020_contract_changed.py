"""The contract changes, and somebody reads it.

Each change of a FeatureSet is none (words for people), compatible or breaking, as docs/contract.md lists them, and is
told with everyone who reads the contract before or after it. A breaking change is an error: whoever relies on a feature
finds another one under its name, or none. It takes a new version of the set, `user-features-v2` beside `user-features`,
or a waiver with a date. A set that goes after its next version has come is a warning.

Bad:

    # user-features, read by airflow-dev and feast-dev
    - {name: events_7d, dtype: int32, source: online_events, transform: count(event_id) over window(7d)}   # was int64

Good:

    # user-features-v2, a file of its own; user-features stays until nobody reads it
    - {name: events_7d, dtype: int32, source: online_events, transform: count(event_id) over window(7d)}
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from presync.base.finding import Location, Severity
from presync.change.model import Change
from presync.contract.comparison import Comparison, comparisons
from presync.contract.compatibility import Change as ContractChange
from presync.contract.compatibility import Level
from presync.contract.model import read
from presync.contract.parts import CONTRACT, Part, dark, parts
from presync.contract.source import place
from presync.contract.versions import following
from presync.platform.model import Platform
from presync.rules.changes import place as origin
from presync.rules.model import Match

ID = "CHG020"
NAME = "contract-changed"
SEVERITY = Severity.ERROR


def change(change: Change) -> Iterator[Match]:
    """One finding for each change and environment; nothing where a contract is only not rendered."""
    for one in comparisons(change.base, change.head):
        for environment in one.environments:
            old, new = _part(change.base, environment), _part(change.head, environment)
            part = new or old
            if part is None or (one.one_sided and _in_the_dark(change, environment)):
                continue
            readers = _readers(one, environment)
            for each in one.changes or (_SAME,):
                yield _match(change, each, readers, (old, new))


_SAME = ContractChange(Level.NONE, "", "", "the same sets, written otherwise")


def _match(change: Change, one: ContractChange, readers: str, parts: tuple[Part | None, Part | None]) -> Match:
    old, new = parts
    part = new or old
    assert part is not None  # noqa: S101 - one of them is there
    location = _place(change, one, old, new)
    contract = read(part)
    names = contract.sets if contract else ()
    return Match(
        f"{one.level}: {one}; read by {readers}",
        _remedy(one, names) if one.level is Level.BREAKING else "",
        part.entry,
        part.resource if location is None else None,
        location=location,
        severity=_severity(one),
        resource_name=str(part.resource),
        field=one.field,
        key=f"{one.field} {one.what}",
    )


def _place(change: Change, one: ContractChange, old: Part | None, new: Part | None) -> Location | None:
    """The line of the FeatureSet, or the file it was in; None for that of the ConfigMap, which is all there is."""
    if new is not None and (found := place(change.head.tree, new.entry, one)).file:
        return found
    if old is not None and (found := place(change.base.tree, old.entry, one)).file:
        return Location(found.file)
    return origin(change, old.entry) if old is not None and new is None else None


def _severity(one: ContractChange) -> Severity:
    if one.level is not Level.BREAKING:
        return Severity.INFO
    return Severity.WARNING if one.successor else Severity.ERROR


def _remedy(one: ContractChange, names: Collection[str]) -> str:
    if one.successor:
        return f"Ask those who read it whether all have gone over to {one.successor}."
    if not one.set:
        return "Take it back, or waive it in presync.yaml until a date."
    free = following(one.set, names)
    return (
        f"Leave {one.set} as it was and write its next version beside it ({free}), or waive this in "
        f"presync.yaml until a date, with field: {one.field}."
    )


def _part(platform: Platform, environment: str) -> Part | None:
    return next((one for one in parts(platform).with_file(CONTRACT) if one.entry.environment == environment), None)


def _readers(one: Comparison, environment: str) -> str:
    """Applications with what they read."""
    found: dict[str, list[str]] = {}
    for reading in one.readers:
        if reading.environment == environment:
            found.setdefault(reading.application, []).append(reading.part)
    return ", ".join(f"{name} ({', '.join(read)})" for name, read in found.items()) or "nobody in this tree"


def _in_the_dark(change: Change, environment: str) -> bool:
    """Whether an Application of the environment could not be rendered: the contract may be its."""
    return any(entry.environment == environment for side in (change.base, change.head) for entry in dark(side))
