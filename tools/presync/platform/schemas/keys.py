"""Lists whose items are told apart by some of their fields (``x-kubernetes-list-type: map``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from presync.platform.schemas.structural import KEYS, NEEDED_KEYS

if TYPE_CHECKING:
    import jsonschema_rs

_DEFAULTS = {"protocol": "TCP"}  # the only key field of a built-in kind that has one


def double(items: Any, keys: Sequence[str]) -> tuple[int, str]:
    """The first item that has the key of an earlier one, or none at all, and that key; -1 when all is well."""
    seen: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        values = {key: item.get(key, _DEFAULTS.get(key)) for key in keys} if isinstance(item, Mapping) else {}
        text = json.dumps(values, sort_keys=True)
        if text in seen:
            return index, text
        seen.add(text)
    return -1, ""


def keyless(items: Any, keys: Sequence[str]) -> int:
    """The first item that is null or has none of the keys, where it needs one; -1 when there is none."""
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if item is None or (keys and isinstance(item, Mapping) and not any(key in item for key in keys)):
            return index
    return -1


class _Keyword:
    def __init__(self, parent_schema: dict[str, Any], value: Any, schema_path: list[str | int]) -> None:
        self.keys: list[str] = [str(key) for key in value]


class UniqueKeys(_Keyword):
    """The ``x-keys`` keyword for a validator."""

    def validate(self, instance: Any) -> None:
        """Raises ValueError when there is a double."""
        if isinstance(instance, list) and len(instance) > 1 and double(instance, self.keys)[0] >= 0:
            raise ValueError("Duplicate value")


class NeededKeys(_Keyword):
    """The ``x-needed-keys`` keyword for a validator."""

    def validate(self, instance: Any) -> None:
        """Raises ValueError when an item has no key."""
        if keyless(instance, self.keys) >= 0:
            raise ValueError("Required value")


KEYWORDS: dict[str, type[jsonschema_rs.KeywordValidator]] = {KEYS: UniqueKeys, NEEDED_KEYS: NeededKeys}
