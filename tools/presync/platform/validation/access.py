"""Reading objects whose shape nobody has vouched for: what is not there, or not of the type, is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.platform.violation import Category, Path, Violation, quoted

Object = Mapping[str, Any]
_NOTHING: Object = {}


def obj(data: Any, *keys: str) -> Object:
    """The object below these keys."""
    for key in keys:
        if not isinstance(data, dict):
            return _NOTHING
        data = data.get(key)
    return data if isinstance(data, dict) else _NOTHING


def text(data: Any, key: str) -> str:
    """The text of a field."""
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, str) else ""


def number(data: Any, key: str) -> int | None:
    """The whole number of a field."""
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def texts(data: Any, key: str) -> list[str]:
    """The texts of a list; a null is an empty text, as the server reads it."""
    value = data.get(key) if isinstance(data, dict) else None
    return [item or "" for item in value if item is None or isinstance(item, str)] if isinstance(value, list) else []


def items(data: Any, key: str) -> Iterator[tuple[int, Object]]:
    """The objects of a list with their indexes; a null is an object without fields, as the server reads it."""
    value = data.get(key) if isinstance(data, dict) else None
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield index, item
            elif item is None:
                yield index, _NOTHING


def has(data: Any, key: str) -> bool:
    """Whether a field is there and not null."""
    return isinstance(data, dict) and data.get(key) is not None


def required(path: Path, why: str = "") -> Violation:
    """A field that must be there."""
    return Violation(Category.REQUIRED, path, f"Required value: {why}" if why else "Required value")


def invalid(category: Category, path: Path, value: object, why: str, remedy: str = "") -> Violation:
    """A value the server does not take."""
    return Violation(category, path, f"Invalid value: {quoted(value)}: {why}", remedy)


def forbidden(path: Path, why: str) -> Violation:
    """A field that must not be there, or not together with another."""
    return Violation(Category.CONFLICT, path, f"Forbidden: {why}")


def duplicate(path: Path, value: object) -> Violation:
    """Something that is there twice."""
    return Violation(Category.DUPLICATE, path, f"Duplicate value: {quoted(value)}")
