"""Why objects change that no chart printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.change.causes.charts import CRDS
from presync.change.causes.model import UNKNOWN, Cause, Place
from presync.change.fields import same
from presync.change.model import MISSING, Change, Difference, ResourceChange
from presync.change.places import changed_file
from presync.platform.model import Entry
from presync.provenance import patched
from presync.render.model import Resource
from presync.tree import Tree, TreeError


def plain(change: Change, one: ResourceChange, difference: Difference | None) -> Cause:
    """The line of the field in a manifest that stands in its file as it is rendered."""
    removed = one.new is None if difference is None else difference.removed
    resource, tree = (one.old, change.base.tree) if removed else (one.new, change.head.tree)
    if resource is None or not resource.source.file or (resource.chart and CRDS not in resource.template):
        return UNKNOWN
    place = resource.source
    node = _node(tree, resource)
    if node is None or place.file not in change.files:
        return UNKNOWN
    path = () if difference is None else difference.base if removed else difference.head
    return Cause((Place(place.file, goyaml.locate(node, path).line, removed=removed),))


def only_place(change: Change, one: ResourceChange) -> Cause:
    """The place of a file, where nothing else differs in anything that the render may have read."""
    old, new = _entries(change, one)
    if old is None or new is None or not same(old.application.spec, new.application.spec):
        return UNKNOWN
    if change.base.settings != change.head.settings:
        return UNKNOWN
    files = [file for file in change.files if file in old.rendered.reads | new.rendered.reads]
    if len(files) != 1:
        return UNKNOWN
    found = changed_file(change, files[0])
    if found.kind != "changed":
        return Cause((Place(files[0], removed=found.kind == "removed"),))
    return Cause((Place(files[0], found.lines[0]),)) if len(found.lines) == 1 else UNKNOWN


def spelt(change: Change, one: ResourceChange, difference: Difference | None) -> Cause:
    """The line in which base spells the old value of the field and head the new one, in manifests put together."""
    old, new = _entries(change, one)
    if difference is None or old is None or new is None or one.old is None or one.new is None:
        return UNKNOWN
    if any(
        isinstance(value, dict | list) or value in (MISSING, None, "") for value in (difference.old, difference.new)
    ):
        return UNKNOWN
    was = patched.locate(change.base.tree, old.rendered.reads, one.old, difference.base)
    now = patched.locate(change.head.tree, new.rendered.reads, one.new, difference.head)
    before, after = _spelt(change.base.tree, was, difference.old), _spelt(change.head.tree, now, difference.new)
    if was.file != now.file or before is None or after is None or before == after:
        return UNKNOWN
    return Cause((Place(now.file, now.line),))


def _spelt(tree: Tree, place: Location, value: Any) -> str | None:
    """The line, if it spells the value out."""
    try:
        lines = tree.read(place.file).decode("utf-8", "replace").split("\n") if tree.is_file(place.file) else []
    except TreeError:
        return None
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return line if re.search(rf"(?<![\w.]){re.escape(text)}(?![\w.])", line) else None


def _entries(change: Change, one: ResourceChange) -> tuple[Entry | None, Entry | None]:
    """The Application in both states."""
    old = next((entry for entry in change.base.entries if _is(entry, one.entry)), None)
    return old, next((entry for entry in change.head.entries if _is(entry, one.entry)), None)


def _is(entry: Entry, other: Entry) -> bool:
    return (entry.application.namespace, entry.name) == (other.application.namespace, other.name)


def _node(tree: Tree, resource: Resource) -> yaml.Node | None:
    """The object in its file; None where it is there otherwise, or more than once."""
    try:
        text = goyaml.decode(tree.read(resource.source.file)) if tree.is_file(resource.source.file) else ""
        found = [one.node for one in goyaml.documents(text) if _same(one.data, resource.data)]
    except (TreeError, goyaml.GoYamlError):
        return None
    return found[0] if len(found) == 1 else None


def _same(data: Any, other: Mapping[str, Any]) -> bool:
    return isinstance(data, dict) and same(data, dict(other))
