"""How reports say which lines changed a field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from presync.change import causes
from presync.change.causes import UNKNOWN, Cause, Place
from presync.change.model import ApplicationChange, Change, Difference, Path, ResourceChange
from presync.report.check import wrapped

ARROW = "<- "
_SHOWN = 3  # lines of one field


class Why:
    """The causes of one Application's changes; said once where they are the same."""

    def __init__(self, change: Change, own: ApplicationChange | None, resources: Sequence[ResourceChange]) -> None:
        self._fields = {
            id(one): [(difference, found) for difference, found in causes.every(change, one) if _told(difference)]
            for one in resources
        }
        self._own: dict[Path, Cause] = {}
        if own is not None:
            self._own = {one.path: causes.of_application(change, own, one) for one in own.differences}
        self.shared = _only([*(found for fields in self._fields.values() for _, found in fields), *self._own.values()])

    def of_application(self, one: Difference, indent: str) -> list[str]:
        """The line below a field of the Application."""
        return [] if self.shared.places else lines(self._own[one.path], indent)

    def of_object(self, one: ResourceChange, indent: str) -> list[str]:
        """The line below the object, where all of it has one cause."""
        return [] if self.shared.places else lines(self._alike(one), indent)

    def of_field(self, one: ResourceChange, difference: Difference, indent: str) -> list[str]:
        """The line below a field, where the fields of the object have several."""
        if self.shared.places or self._alike(one).places:
            return []
        return lines(next(found for field, found in self._fields[id(one)] if field is difference), indent)

    def _alike(self, one: ResourceChange) -> Cause:
        return _only([found for _, found in self._fields[id(one)]])


def lines(cause: Cause, indent: str) -> list[str]:
    """``<- file:line key``, no wider than the terminal."""
    if not cause.places:
        return []
    return wrapped(said(cause), f"{indent}   ", first=f"{indent}{ARROW}")


def said(cause: Cause) -> str:
    """The places of a cause in words."""
    shown = ", ".join(_place(one) for one in cause.places[:_SHOWN])
    more = len(cause.places) - _SHOWN
    return shown + (f" and {more} more" if more > 0 else "") + ("" if cause.whole else " (in part)")


def as_objects(cause: Cause) -> dict[str, Any]:
    """Keys for JSON: nothing where nothing is known."""
    if not cause.places:
        return {}
    return {"why": [_object(one) for one in cause.places], **({} if cause.whole else {"partly": True})}


def _place(one: Place) -> str:
    return " ".join(part for part in (str(one), one.key, "(gone)" if one.removed else "") if part)


def _object(one: Place) -> dict[str, Any]:
    return dict(_known(one))


def _known(one: Place) -> Iterator[tuple[str, Any]]:
    yield "file", one.file
    if one.line:
        yield "line", one.line
    if one.key:
        yield "key", one.key
    if one.removed:
        yield "removed", True


def _told(difference: Difference | None) -> bool:
    return difference is None or not difference.noise


def _only(found: Iterable[Cause]) -> Cause:
    """The cause of all; nothing where they have several, or one has none that is known."""
    every = set(found)
    return next(iter(every)) if len(every) == 1 else UNKNOWN
