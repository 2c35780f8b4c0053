"""An object is too large for client-side apply.

Client-side apply writes the whole object into an annotation, and an object's annotations may have 262,144 bytes. The
sync fails with "metadata.annotations: Too long". Large CustomResourceDefinitions are the usual case.

Bad:

    # a CustomResourceDefinition of 600 KB, in an Application without
    syncPolicy: {}

Good:

    syncPolicy:
      syncOptions: [ServerSideApply=true]
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.sync_options import option

ID = "ARG054"
NAME = "object-too-large"
SEVERITY = Severity.ERROR
_LIMIT = 262_144
_WAYS = ("ServerSideApply", "Replace")


def check(platform: Platform) -> Iterator[Match]:
    """Every object that is applied from the client's side."""
    for entry, resource in platform.resources():
        if not _client_side(entry, resource):
            continue
        if len(resource.text) < _LIMIT // 8 and resource.text:
            continue  # no text grows eightfold as JSON
        size = _size(resource.data)
        if size > _LIMIT:
            yield Match(
                f"the object has {size:,} bytes; client-side apply keeps a copy in an annotation, which may have "
                f"{_LIMIT:,}",
                "Add ServerSideApply=true to the sync options of the Application, or of the object.",
                entry,
                resource,
                _largest(resource.data),
            )


def _size(data: Any) -> int:
    return len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())


def _largest(data: Any) -> tuple[str, ...]:
    """The field that alone makes up more than half of the object, as deep as mappings go; empty where none does."""
    path: tuple[str, ...] = ()
    half = _size(data) // 2
    while isinstance(data, Mapping):
        heavy = [str(key) for key, value in data.items() if _size(value) > half]
        if not heavy:
            break
        path, data = (*path, heavy[0]), data[heavy[0]]
    return path


def _client_side(entry: Entry, resource: Resource) -> bool:
    return not any(option(entry, resource, way) == "true" for way in _WAYS)
