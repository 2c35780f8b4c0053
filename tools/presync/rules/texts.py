"""Every text of every rendered object, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.render.model import Resource

Path = tuple[str | int, ...]
# Kinds whose values are secrets by right, or that rules of their own look into.
SECRETS = frozenset({"Secret", "SealedSecret"})


@dataclass(frozen=True, slots=True)
class Text:
    """A text and where it stands."""

    entry: Entry
    resource: Resource
    path: Path
    value: str


def rendered(platform: Platform) -> tuple[Text, ...]:
    """All texts but those of CRDs, which are documentation; computed once."""
    return memo(platform, "texts", lambda one: tuple(_rendered(one)))


def _rendered(platform: Platform) -> Iterator[Text]:
    for entry, resource in platform.resources():
        if resource.kind != "CustomResourceDefinition":
            for path, value in strings(resource.data):
                yield Text(entry, resource, path, value)


def strings(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text that is not empty, with its path."""
    if isinstance(data, str):
        if data:
            yield path, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from strings(value, (*path, key))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from strings(value, (*path, at))
