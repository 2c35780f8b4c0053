"""Which field of an object a violation is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from presync.policy.model import Object, Violation, mapping

Path = tuple[str | int, ...]
_STEP = re.compile(r"""\.?([^.\[\]"']+)|\[(\d+)\]|\[["']([^"']+)["']\]|\[([^\]]+)\]""")
_IDENTITY = frozenset({("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")})
_SHORTEST = 3  # characters of a value that a message can be said to mention


def field_of(data: Object, violation: Violation) -> Path:
    """The field that ``details.path`` names, else the one whose value the message mentions.

    A field that is mentioned with its value (``drift_threshold is 0.5, at most 0.25``) comes before one whose value
    only is equal, as the limit may be. A list item that is mentioned by its name (``container <app> has no limits``) is
    the field itself. Empty when nothing is mentioned.
    """
    given = mapping(violation.details).get("path")
    if isinstance(given, str):
        return existing(data, parse(given))
    if isinstance(given, list) and all(isinstance(one, (str, int)) and not isinstance(one, bool) for one in given):
        return existing(data, tuple(given))
    return _mentioned(data, violation.message)


def parse(text: str) -> Path:
    """``spec.containers[0].image``, ``metadata.labels["a.b/c"]``, ``$.spec`` as a path."""
    steps: list[str | int] = []
    for name, number, quoted, bare in _STEP.findall(text.removeprefix("$").strip()):
        steps.append(int(number) if number else name or quoted or bare)
    return tuple(steps)


def existing(data: Any, path: Path) -> Path:
    """The path as far as it is there, and one step further: a field that is missing has its place in what is there."""
    kept: list[str | int] = []
    for step in path:
        kept.append(step)
        inside = step in data if isinstance(data, Mapping) else _is_index(data, step)
        if not inside:
            break
        data = data[step]
    return tuple(kept)


def _is_index(data: Any, step: str | int) -> bool:
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _mentioned(data: Object, message: str) -> Path:
    best: Path = ()
    rank = (False, 0)
    for path, value in _leaves(data, ()):
        if path in _IDENTITY or not _says(message, value):
            continue
        found = (_names(message, path[-1]), len(str(value)))
        if found > rank:
            best, rank = path, found
    if best[-1:] == ("name",) and len(best) > 1 and isinstance(best[-2], int):
        return best[:-1]
    if best:
        return best
    for word, place in (("annotation", "annotations"), ("label", "labels")):
        if word in message.lower():
            return ("metadata", place)
    return ()


def _says(message: str, value: Any) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    text = str(value)
    if not isinstance(value, (int, float)) and len(text) < _SHORTEST:
        return False
    if text not in message:
        return False
    return re.search(rf"(?<![\w.-]){re.escape(text)}(?![\w-]|\.\d)", message) is not None


def _names(message: str, step: str | int) -> bool:
    """Whether the message has the field itself; ``name`` is what most things have and says nothing."""
    return (
        isinstance(step, str) and step != "name" and re.search(rf"(?<!\w){re.escape(step)}(?!\w)", message) is not None
    )


def _leaves(data: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _leaves(value, (*path, str(key)))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from _leaves(value, (*path, at))
    else:
        yield path, data
