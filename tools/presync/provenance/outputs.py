"""The objects in what a template printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from presync.base import goyaml

_SEPARATOR = re.compile(r"(?:^|\s*\n)---\s*")


def objects(text: str) -> Iterator[dict[str, Any]]:
    """Every document that is a mapping; others print nothing that anybody could ask about."""
    for part in parts(text):
        data = parsed(part)
        if data is not None:
            yield data


def parts(text: str) -> list[str]:
    """The documents of an output as texts."""
    return _SEPARATOR.split(text)


def parsed(part: str) -> dict[str, Any] | None:
    """One document; None where it is no mapping."""
    try:
        data = goyaml.load(part)
    except goyaml.GoYamlError:
        return None
    return data if isinstance(data, dict) else None
