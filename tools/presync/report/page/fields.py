"""Fields that differ, as the lines that the page shows.

Whatever a value is, it is text by the time it is in the page: what was a tree is YAML, what was JSON in one long line
is set out over many. Texts of several lines are compared here, and only what is around a difference goes into the page.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from presync.change.fields import dotted as written
from presync.change.model import MISSING, Difference
from presync.render.output import dump_data
from presync.report.diff import APPLIED, is_masked, is_secret
from presync.rules.model import dotted

CONTEXT = 3  # lines around a difference
LINES = 400  # of one field; `presync render` has all
COMPARED = 20_000  # lines on either side, beyond which nothing is compared
NOT_SHOWN = "(not shown)"
_FORMATTED = 80  # characters of a line of JSON that is worth setting out

Object = dict[str, Any]


class Budget:
    """How much text may still go into the page; what does not fit is counted, never cut silently."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def takes(self, size: int) -> bool:
        """Whether it fits. The first that does not ends it, so that what is shown does not depend on sizes."""
        self._left -= size
        return self._left >= 0


def field(one: Difference, secret: bool, budget: Budget) -> Object:
    """One field, with ``old`` and ``new`` in a line each or with ``hunks`` of lines."""
    found: Object = {"field": written(one.path)}
    if one.noise:
        found["noise"] = True
    if secret and is_masked(one):
        kind = "added" if one.added else "removed" if one.removed else "changed"
        return {**found, "masked": kind}
    old, new = one.old, one.new
    if any(_is_long(value) for value in (old, new)):
        formatted = [value for value in (old, new) if isinstance(value, str) and _json(value) is not None]
        if formatted:
            found["formatted"] = True
        return {**found, **_hunks(_lines(old), _lines(new), budget)}
    texts = {key: scalar(value) for key, value in (("old", old), ("new", new)) if value is not MISSING}
    return {**found, **(texts if budget.takes(sum(map(len, texts.values()))) else {"left_out": len(texts)})}


def whole(data: Mapping[str, Any], added: bool, budget: Budget) -> Object:
    """An object that comes or goes, all of it, without what a Secret holds."""
    shown = _masked(data) if is_secret(str(data.get("kind"))) else data
    lines = dump_data(shown).rstrip("\n").split("\n")
    return {"field": "", **(_hunks([], lines, budget) if added else _hunks(lines, [], budget))}


def scalar(value: Any) -> str:
    """A value in one line; a text that YAML would take for something else is in quotes."""
    if isinstance(value, str):
        return value if value and dump_data(value).split("\n")[0] == value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=str)


def indexes(one: Difference) -> str:
    """The field as findings name it."""
    return dotted(one.head or one.path)


def _masked(data: Mapping[str, Any]) -> Object:
    shown = {key: _leaves(value) if key in ("data", "stringData", "spec") else value for key, value in data.items()}
    metadata = shown.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("annotations"), Mapping):
        annotations = {key: NOT_SHOWN if key == APPLIED else value for key, value in metadata["annotations"].items()}
        shown["metadata"] = {**metadata, "annotations": annotations}
    return shown


def _leaves(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _leaves(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_leaves(one) for one in value]
    return NOT_SHOWN


def _is_long(value: Any) -> bool:
    if isinstance(value, str):
        return "\n" in value or _json(value) is not None
    return isinstance(value, Mapping | list) and bool(value)


def _json(value: str) -> Any:
    """The tree in a long line of JSON, else None."""
    if len(value) < _FORMATTED or "\n" in value or value[0] + value[-1] not in ("{}", "[]"):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _lines(value: Any) -> list[str]:
    if value is MISSING:
        return []
    if isinstance(value, str):
        parsed = _json(value)
        return (value if parsed is None else json.dumps(parsed, indent=2, ensure_ascii=False)).split("\n")
    if isinstance(value, Mapping | list) and value:
        return dump_data(value).rstrip("\n").split("\n")
    return [scalar(value)]


def _hunks(old: list[str], new: list[str], budget: Budget) -> Object:
    """Lines with their sign, in groups with the numbers of their first lines; ``more`` are lines left out."""
    if max(len(old), len(new)) > COMPARED:
        return {"left_out": len(old) + len(new)}
    hunks: list[list[Any]] = []
    shown = more = size = 0
    for first, second, lines in _groups(old, new):
        kept = lines[: max(0, LINES - shown)]
        more += len(lines) - len(kept)
        shown += len(kept)
        size += sum(map(len, kept))
        if kept:
            hunks.append([first + 1, second + 1, kept])
    if not budget.takes(size):
        return {"left_out": shown + more}
    return {"hunks": hunks, **({"more": more} if more else {})}


def _groups(old: list[str], new: list[str]) -> Iterator[tuple[int, int, list[str]]]:
    # The same beginning and end are most of a long file, and difflib is slow.
    start = _same(old, new)
    end = _same(old[start:][::-1], new[start:][::-1])
    before, after = max(0, start - CONTEXT), max(0, end - CONTEXT)
    left, right = old[before : len(old) - after], new[before : len(new) - after]
    for group in difflib.SequenceMatcher(None, left, right).get_grouped_opcodes(CONTEXT):
        lines: list[str] = []
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                lines += [f" {line}" for line in left[a1:a2]]
            else:
                lines += [f"-{line}" for line in left[a1:a2]]
                lines += [f"+{line}" for line in right[b1:b2]]
        yield before + group[0][1], before + group[0][3], lines


def _same(left: Sequence[str], right: Sequence[str]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
