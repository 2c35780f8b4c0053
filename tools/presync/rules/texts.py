"""Every text of every rendered object, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.templates import pod_templates
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
            # A Pod that stands as text is read as the object it is, so that a place in it is known.
            pods = {template.key: template.pod for template in pod_templates(resource.data, resource.kind)}
            for path, value in strings(resource.data):
                pod = pods.get(str(path[1])) if len(path) == 2 and path[0] == "data" else None
                if pod is None:
                    yield Text(entry, resource, path, value)
                else:
                    yield from (Text(entry, resource, (*path, *below), text) for below, text in strings(pod))


def strings(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text that is not empty, with its path."""
    if isinstance(data, str):
        if data:
            yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from strings(value, (*path, key))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from strings(value, (*path, at))
