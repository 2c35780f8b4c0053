"""Where a FeatureSet is written, so that a change of the contract names the line of the one who made it."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.contract.compatibility import Change
from presync.platform.model import Entry
from presync.platform.validation.access import Object, items, obj, text
from presync.tree import Tree, TreeError

_KIND = b"kind: FeatureSet"


def place(tree: Tree, entry: Entry, change: Change) -> Location:
    """The line of what changed, as far as it is there; of the files that the Application reads."""
    for file, node, spec in _documents(tree, entry, change.set):
        path: tuple[str | int, ...] = ("spec", *(step for step in change.key.split(".") if step))
        group, _, name = change.key.partition(".") if change.key.startswith("entities.") else ("features", "", "")
        name = name or change.feature
        if name:
            at = next((at for at, one in items(spec, group) if text(one, "name") == name), None)
            inside = change.key if change.feature and change.key else "name"
            path = ("spec", group) if at is None else ("spec", group, at, inside)
        return goyaml.locate(node, path, file)
    return Location()


def _documents(tree: Tree, entry: Entry, name: str) -> Iterator[tuple[str, yaml.Node, Object]]:
    for file in sorted(entry.rendered.reads):
        try:
            raw = tree.read(file) if tree.is_file(file) and file.endswith((".yaml", ".yml")) else b""
            documents = list(goyaml.documents(goyaml.decode(raw))) if _KIND in raw else []
        except (TreeError, goyaml.GoYamlError):
            continue
        for document in documents:
            data = document.data if isinstance(document.data, dict) else {}
            if data.get("kind") == "FeatureSet" and text(obj(data, "metadata"), "name") == name:
                yield file, document.node, obj(data, "spec")
