"""Data with some of its differences taken back."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from presync.change.fields import same
from presync.change.model import MISSING, Difference, Path


def undone(data: Any, differences: Iterable[Difference]) -> Any:
    """The data, with each of these fields as it was before.

    Places in lists are those of the data as it is, so what came goes from the end backwards, and what went comes back
    after that, from the front.
    """
    every = list(differences)
    if not every:
        return data
    out = copy.deepcopy(data)
    for one in every:
        if not one.added and not one.removed:
            _put(out, one.head, one.old)
    for one in sorted((one for one in every if one.added), key=lambda one: _order(one.head), reverse=True):
        _drop(out, one.head)
    for one in sorted((one for one in every if one.removed), key=lambda one: _order(one.base)):
        _put(out, (*one.head[:-1], one.base[-1]), one.old, insert=True)
    return out


def patched(values: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values, which began as ``old``, as if they had begun as ``new``.

    What was set on top of ``old`` stays. None where that cannot be told apart from what lay below.
    """
    out = dict(values)
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key, MISSING), new.get(key, MISSING)
        now = values.get(key, MISSING)
        if same(before, after):
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping) and isinstance(now, Mapping):
            inner = patched(now, before, after)
            if inner is None:
                return None
            out[key] = inner
        elif same(now, before):
            if after is MISSING:
                del out[key]
            else:
                out[key] = after
        elif any(isinstance(one, Mapping | list) for one in (before, after, now)):
            return None
    return out


def with_value(values: Mapping[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any]:
    """The values with another one at the keys; without it where it is MISSING."""
    out = dict(values)
    key, *rest = keys
    if rest:
        below = out.get(key)
        out[key] = with_value(below if isinstance(below, Mapping) else {}, rest, value)
    elif value is MISSING:
        out.pop(key, None)
    else:
        out[key] = value
    return out


def _order(path: Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in path]


def _put(data: Any, path: Path, value: Any, insert: bool = False) -> None:
    for step in path[:-1]:
        # What went may have taken with it what it stood in.
        data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
    last = path[-1]
    if insert and isinstance(data, list) and isinstance(last, int):
        data.insert(min(last, len(data)), value)
    else:
        data[last] = value


def _drop(data: Any, path: Path) -> None:
    for step in path[:-1]:
        data = data[step]
    del data[path[-1]]
