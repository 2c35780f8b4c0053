"""Which line of which file a field of a resource comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Path
from presync.tree import TreeError

_Part = tuple[Mapping[str, Any], yaml.Node, tuple[str | int, ...]]


def locate(platform: Platform, entry: Entry | None, resource: Resource, path: Path) -> Location:
    """Where somebody edits the field.

    A manifest that stands in a file as it was rendered gives the line of the field. Anything else, a template or a
    patched object, gives the file it came from.
    """
    if resource.chart or resource.source.line or not resource.source.file:
        return resource.source
    for data, node, prefix in _parts(platform, resource.source.file):
        if data == resource.data:
            return goyaml.locate(node, (*prefix, *path), resource.source.file)
    return resource.source


def _parts(platform: Platform, file: str) -> list[_Part]:
    """Every object of a file with its node; nothing when the file is not YAML, or not in the tree under review."""
    known = memo(platform, "lines", _empty)
    if file not in known:
        try:
            known[file] = list(_read(platform, file))
        except (TreeError, goyaml.GoYamlError):
            known[file] = []
    return known[file]


def _empty(_: Platform) -> dict[str, list[_Part]]:
    return {}


def _read(platform: Platform, file: str) -> Iterator[_Part]:
    for document in goyaml.documents(goyaml.decode(platform.tree.read(file))):
        data = document.data
        if not isinstance(data, dict):
            continue
        items = data.get("items")
        if str(data.get("kind")).endswith("List") and isinstance(items, list):
            for index, item in enumerate(items):
                if isinstance(item, dict):
                    yield item, document.node, ("items", index)
        else:
            yield data, document.node, ()
