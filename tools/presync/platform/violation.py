"""What the API server would refuse in an object."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]


class Category(enum.StrEnum):
    """The kind of mistake; each is a rule of its own."""

    SCHEMA = "schema"  # a wrong type, a missing field, anything else the schema says
    UNKNOWN = "unknown"  # a field the schema does not have
    ENUM = "enum"  # not one of the values there are
    RANGE = "range"  # a number that is too small or too large
    QUANTITY = "quantity"
    NAME = "name"  # of the object, or of another object it names
    LABEL = "label"  # labels, annotations, selectors
    REQUIRED = "required"  # needed although the schema does not say so
    CONFLICT = "conflict"  # fields that do not go together
    DUPLICATE = "duplicate"
    SELECTOR = "selector"  # does not match its own template
    MOUNT = "mount"  # a mount without a volume
    SCHEDULE = "schedule"
    FORMAT = "format"  # text that is not what the field wants
    RESOURCES = "resources"  # requests above limits


@dataclass(frozen=True, slots=True)
class Violation:
    """One mistake: the field, and what the server would say about it."""

    category: Category
    path: Path
    message: str
    remedy: str = ""
    silent: bool = False  # server-side apply drops the field instead of refusing the object


def quoted(value: object) -> str:
    """A value as the server's messages show it: text in double quotes, the rest as it is, cut when it is long."""
    if isinstance(value, str):
        text = value if len(value) <= 80 else value[:77] + "..."
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else str(value)


def listed(values: Sequence[object]) -> str:
    """Values of an enum in one line."""
    return ", ".join(quoted(value) for value in values)
