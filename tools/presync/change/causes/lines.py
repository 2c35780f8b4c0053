"""Where somebody looks at a line that this change brought or took away, in the files as they are now."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from presync.base.finding import Location
from presync.change.causes.find import cause, prepare
from presync.change.causes.model import Cause, Place
from presync.change.model import Change, ResourceChange
from presync.render.model import Resource
from presync.tree import Tree, TreeError


def of_field(change: Change, resource: Resource, path: Sequence[str | int]) -> Location | None:
    """The line that changed a field of an object as it is now; None where there is none, or where there are several."""
    one = _changes(change).get(id(resource))
    if one is None or not path:
        return None
    prepare(change, change.loud())  # whoever asks about one asks about most
    wanted = tuple(path)
    causes = {
        cause(change, one, difference)
        for difference in one.differences
        if not difference.noise and _overlap(difference.head, wanted)
    }
    if one.old is None:
        causes.add(cause(change, one))
    return _only(change, causes)


def of_object(change: Change, one: ResourceChange) -> Location | None:
    """The line that made an object come or go."""
    return _only(change, {cause(change, one)})


def _only(change: Change, causes: set[Cause]) -> Location | None:
    places = {place for found in causes for place in found.places}
    if len(places) != 1 or any(not found.places for found in causes):
        return None
    return _now(change, places.pop())


def _changes(change: Change) -> dict[int, ResourceChange]:
    """Changed objects by the id of what they are now."""
    known: dict[int, ResourceChange] = change.memo.setdefault("changes by object", {})
    if not known:
        known.update({id(one.new): one for one in change.resources if one.new is not None})
    return known


def _now(change: Change, place: Place) -> Location | None:
    """The line; of one that is gone the line that stands there now. None where the file is gone too."""
    if not place.removed:
        return Location(place.file, place.line, place.column)
    before, after = _lines(change.base.tree, place.file), _lines(change.head.tree, place.file)
    if before is None or after is None:
        return None
    at = place.line - 1
    for _, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if i1 <= at < i2:
            return Location(place.file, min(j1 if j2 - j1 != i2 - i1 else j1 + at - i1, len(after) - 1) + 1)
    return None


def _lines(tree: Tree, path: str) -> list[str] | None:
    try:
        return tree.read(path).decode("utf-8", "replace").split("\n") if tree.is_file(path) else None
    except TreeError:
        return None


def _overlap(one: Sequence[str | int], other: Sequence[str | int]) -> bool:
    length = min(len(one), len(other))
    return tuple(one[:length]) == tuple(other[:length])
