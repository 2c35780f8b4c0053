"""Every small mistake in an object: a field taken away, misspelt, emptied, of another type, too large."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

_TEXTS = ("", "BAD VALUE!", 5, "a" * 70, "/x", "..", "-a")
_NUMBERS = (-1, 0, 2**31, "x", 1.5)


def mutations(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each mutation with its name, in an order that never changes."""
    for path in _paths(data, ()):
        if path and path[0] not in ("apiVersion", "kind") and path != ("metadata",):
            name = ".".join(map(str, path))
            for what, mutated in _at(data, path):
                yield f"{what} {name}", mutated


def _at(data: dict[str, Any], path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    value = _get(data, path)
    yield "delete", _changed(data, path, lambda parent, key: parent.pop(key))
    if isinstance(path[-1], str):
        yield "typo", _changed(data, path, lambda parent, key: parent.update({f"{key}x": parent.pop(key)}))
    for what, other in _others(value):
        yield what, _changed(data, path, lambda parent, key, other=other: _put(parent, key, other))


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    yield "null", None
    if isinstance(value, bool):
        yield "text", "yes"
    elif isinstance(value, int):
        yield from ((f"number {other}", other) for other in _NUMBERS)
    elif isinstance(value, str):
        swapped = value.upper() if value.upper() != value else value.lower()
        yield from ((f"text {str(other)[:12]}", other) for other in (*_TEXTS, swapped))
    elif isinstance(value, list):
        yield "empty", []
        yield "map", {}
        if value:
            yield "double", [*value, value[0]]
    elif isinstance(value, dict):
        yield "empty", {}
        yield "text", "x"


def _paths(value: Any, path: Path) -> Iterator[Path]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _paths(child, (*path, key))


def _get(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _changed(data: dict[str, Any], path: Path, change: Any) -> dict[str, Any]:
    mutated = copy.deepcopy(data)
    change(_get(mutated, path[:-1]), path[-1])
    return mutated


def _put(parent: Any, key: str | int, value: Any) -> None:
    parent[key] = copy.deepcopy(value)
