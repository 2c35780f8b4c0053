"""The single values of a chart, and how each is changed a little to see what depends on it."""

from __future__ import annotations

import copy
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from presync.render.trace import KeyPath

Change = tuple[tuple[str, ...], Any]  # the keys down to a mapping's value, and the new value


def leaves(values: Any, prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every scalar, and every empty mapping and list, with its path."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from leaves(value, (*prefix, key))
    elif isinstance(values, list) and values:
        for index, value in enumerate(values):
            yield from leaves(value, (*prefix, index))
    elif prefix:
        yield prefix, values


def changed(value: Any) -> Any:
    """Something else of the same kind, as alike as can be, so that a template that looks at it does not stumble."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return {"presync": "1"}
    if isinstance(value, list):
        return ["presync"]
    return "presync"


def _text(value: str) -> str:
    """The text with one character changed: the first digit of a number or quantity, else the last letter or digit."""
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if not value:
        return "presync"
    digits = [at for at, char in enumerate(value) if char in string.digits]
    if digits and value[0] in string.digits:
        return _replaced(value, 0)
    for at in range(len(value) - 1, -1, -1):
        if value[at] in string.ascii_letters + string.digits:
            return _replaced(value, at)
    return value + "x"


def _replaced(value: str, at: int) -> str:
    for kind in (string.ascii_lowercase, string.ascii_uppercase, "123456789"):
        if value[at] in kind:
            return value[:at] + kind[(kind.index(value[at]) + 1) % len(kind)] + value[at + 1 :]
    return value[:at] + "1" + value[at + 1 :]


def change(values: Mapping[str, Any], path: KeyPath, new: Any) -> Change:
    """What has to be set so that the leaf at ``path`` becomes ``new``; a list is replaced whole, as Helm does."""
    keys: list[str] = []
    below: Any = values
    for step in path:
        if isinstance(step, int) or not isinstance(below, Mapping):
            break
        keys.append(step)
        below = below[step]
    rest = path[len(keys) :]
    if not rest:
        return tuple(keys), new
    whole = copy.deepcopy(below)
    put(whole, rest, new)
    return tuple(keys), whole


def put(data: Any, path: Sequence[str | int], value: Any) -> None:
    """Replace what stands at the path."""
    for step in path[:-1]:
        data = data[step]
    data[path[-1]] = value
