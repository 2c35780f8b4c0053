"""Where things stand in the file of an ApplicationSet."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from presync.argocd.context import Context
from presync.argocd.model import Manifest
from presync.base import goyaml
from presync.base.finding import Location
from presync.tree import TreeError


class Lines:
    """Paths of a manifest as places in its file; the manifest's own place where the file cannot be read again."""

    def __init__(self, manifest: Manifest, context: Context) -> None:
        self._fallback = manifest.location
        self._prefix: tuple[str | int, ...] = ()
        self._node = None if manifest.parent else self._find(manifest, context)

    def at(self, path: Sequence[str | int]) -> Location:
        """The line of the field, or of the nearest field around it."""
        if self._node is None:
            return self._fallback
        return goyaml.locate(self._node, (*self._prefix, *path), self._fallback.file)

    def _find(self, manifest: Manifest, context: Context) -> yaml.Node | None:
        location = manifest.location
        try:
            text = goyaml.decode(context.repositories.head.read(location.file))
            for document in goyaml.documents(text):
                if location.line and document.line != location.line:
                    continue
                prefix = _within(document.data, manifest)
                if prefix is not None:
                    self._prefix = prefix
                    return document.node
        except (TreeError, goyaml.GoYamlError):
            return None
        return None


def in_patch(text: str, path: Sequence[str | int], value: object = "") -> int | None:
    """Which line of a templatePatch sets a field, counted from 0; None where not even its first key is there.

    The patch is a text with a template in it, so its keys are looked for one after the other; of the lines that follow
    the last key the first that holds the value counts.
    """
    lines = text.split("\n")
    at = -1
    for key in (step for step in path if isinstance(step, str) and step != "spec"):
        own = re.compile(rf"[\s-]*{re.escape(key)}:")
        found = next((number for number in range(at + 1, len(lines)) if own.match(lines[number])), None)
        if found is None:
            break
        at = found
    if at < 0:
        return None
    wanted = value if isinstance(value, str) else ""
    holding = (number for number in range(at, len(lines)) if wanted and wanted in lines[number])
    return next(holding, at)


def _within(data: object, manifest: Manifest) -> tuple[str | int, ...] | None:
    """Where in a document the manifest is: the whole of it, or an item of a List."""
    if not isinstance(data, dict):
        return None
    items = data.get("items")
    if data.get("kind") == "List" and isinstance(items, list):
        for index, item in enumerate(items):
            if item == manifest.data:
                return ("items", index)
        return None
    return () if data == manifest.data else None
