"""Finding Secrets in files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from presync.base import goyaml
from presync.platform.model import Platform
from presync.platform.validation.access import Object, obj
from presync.tree import TreeError

_MENTIONS = re.compile(
    rb"""(?m)^\s*(?:-\s+)?["']?kind["']?\s*:\s*["']?(?:Secret|SecretList|List)["']?\s*(?:[,#}\r]|$)"""
)
_FILES = (".yaml", ".yml", ".json")
_MAX_BYTES = 4 * 1024 * 1024


def has_values(data: Object) -> bool:
    """Whether a Secret holds anything."""
    return bool(obj(data, "data") or obj(data, "stringData"))


def secret_files(platform: Platform) -> Iterator[tuple[str, int, Object]]:
    """Every plain Secret in a file of the tree that presync.yaml does not exclude: path, line, data."""
    tree = platform.tree
    for path in tree.paths:
        if not path.endswith(_FILES) or platform.settings.excludes(path):
            continue
        try:
            content = tree.read(path)
            if len(content) > _MAX_BYTES or not _MENTIONS.search(content):
                continue
            for document in goyaml.documents(goyaml.decode(content)):
                for data in _secrets(document.data):
                    yield path, document.line, data
        except (TreeError, goyaml.GoYamlError):
            continue  # a template, or nothing that Kubernetes could read


def _secrets(data: Any) -> Iterator[Object]:
    if not isinstance(data, dict):
        return
    items = data.get("items")
    for one in items if isinstance(items, list) else [data]:
        if isinstance(one, dict) and one.get("kind") == "Secret" and one.get("apiVersion") == "v1" and has_values(one):
            yield one
