"""Integers of ``--set`` carried into the engine.

Values reach the engine as JSON, where every number becomes a float64; what Helm reads from ``--set`` is an int64, which
prints and compares differently. So the archive gets one more template, at a path deeper than any other, which Helm
therefore evaluates first: it puts the integers into ``.Values`` with ``set`` and renders to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from presync.render.strvals import Int64


def has_integers(value: Any) -> bool:
    """Whether anything below is an integer of ``--set``."""
    if isinstance(value, Mapping):
        return any(has_integers(child) for child in value.values())
    if isinstance(value, list):
        return any(has_integers(child) for child in value)
    return isinstance(value, Int64)


def template(values: Mapping[str, Any], subcharts: Iterable[Sequence[str]], depth: int) -> Mapping[str, bytes]:
    """The template as a file of the chart; ``subcharts`` are the paths under which they find their own values.

    Helm copies ``global`` into every subchart before any template runs, so it is repeated for each.
    """
    if not has_integers(values):
        return {}
    parts = list(_mapping(values))
    shared = values.get("global")
    if has_integers(shared):
        inner = "".join(_mapping({"global": shared}))
        for path in subcharts:
            parts.append("".join(f"{{{{- with index . {_quote(step)} -}}}}" for step in path))
            parts.append(inner + "{{- end -}}" * len(path))
    text = "{{- with .Values -}}" + "".join(parts) + "{{- end -}}"
    return {f"templates/{'presync/' * (depth + 2)}integers": text.encode()}


def _mapping(values: Mapping[str, Any]) -> Iterator[str]:
    """Statements that set what is below, with the mapping as the dot."""
    for key, value in values.items():
        if isinstance(value, Int64):
            yield f'{{{{- $_ := set . {_quote(key)} (int64 "{int(value)}") -}}}}'
        elif isinstance(value, Mapping):
            inner = "".join(_mapping(value))
            if inner:
                yield f"{{{{- with index . {_quote(key)} -}}}}{inner}{{{{- end -}}}}"
        elif isinstance(value, list) and has_integers(value):
            place = f"(index . {_quote(key)})"
            yield from _elements(value, place)
            if _replaced(value):
                yield f"{{{{- $_ := set . {_quote(key)} {_list(value, place)} -}}}}"


def _elements(values: Sequence[Any], place: str) -> Iterator[str]:
    """Statements for the mappings in a list; they are shared, so they can be changed where they are."""
    for index, value in enumerate(values):
        inner = f"(index {place} {index})"
        if isinstance(value, Mapping):
            statements = "".join(_mapping(value))
            if statements:
                yield f"{{{{- with {inner} -}}}}{statements}{{{{- end -}}}}"
        elif isinstance(value, list):
            yield from _elements(value, inner)


def _replaced(values: Sequence[Any]) -> bool:
    """Whether the list itself, or a list in it, holds an integer, so that it has to be built anew."""
    return any(isinstance(value, Int64) or (isinstance(value, list) and _replaced(value)) for value in values)


def _list(values: Sequence[Any], place: str) -> str:
    parts = []
    for index, value in enumerate(values):
        if isinstance(value, Int64):
            parts.append(f'(int64 "{int(value)}")')
        elif isinstance(value, list) and _replaced(value):
            parts.append(_list(value, f"(index {place} {index})"))
        else:
            parts.append(f"(index {place} {index})")
    return f"(list {' '.join(parts)})"


def _quote(text: str) -> str:
    """A Go string literal."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
