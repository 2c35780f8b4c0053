"""Where somebody edits a field of an Application's spec: what a generator read, the template, or the manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from presync.argocd.appset.lines import in_patch
from presync.base import goyaml
from presync.base.finding import Location
from presync.platform.model import Entry, Platform
from presync.tree import TreeError

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def of_field(platform: Platform, entry: Entry, field: str) -> Location:
    """The line; the Application's own place where it cannot be told.

    The file read last (an app.yaml) is asked first whether it holds the value; of a destination the files above it (the
    facts of an environment) can only decide the cluster.
    """
    origin = entry.application.origin
    path = steps(field)
    value = _value(entry.application.raw, path)
    texts = [str(one) for one in value.values()] if isinstance(value, Mapping) else [str(value)]
    for position, place in enumerate(reversed(origin.parameters)):
        wanted = texts if position == 0 or not isinstance(value, Mapping) else [str(value.get("server") or "")]
        for node in _nodes(platform, place.file):
            found = [scalar for scalar in _scalars(node) if scalar.value and scalar.value in wanted]
            if found:
                return Location(place.file, found[0].start_mark.line + 1, found[0].start_mark.column + 1)
    inside = ["spec", "template", *path] if origin.application_set else path
    for node in _nodes(platform, origin.location.file):
        if node.start_mark.line + 1 == origin.location.line:
            line = _in_patch(node, path, value) if origin.application_set else 0
            return Location(origin.location.file, line) if line else goyaml.locate(node, inside, origin.location.file)
    return origin.location


def steps(field: str) -> list[str | int]:
    """The path that a rule or an earlier step wrote as ``spec.sources[0].chart``."""
    return [int(found[2]) if found[2] else found[1] for found in _STEP.finditer(field)]


def _in_patch(node: yaml.Node, path: list[str | int], value: Any) -> int:
    """The line of a field that an ApplicationSet's templatePatch sets; 0 where it does not, or the template does."""
    spec = _child(node, "spec")
    patch, template = _child(spec, "templatePatch"), _child(spec, "template")
    for step in path:
        template = _child(template, step)
    if template is not None or not isinstance(patch, yaml.ScalarNode):
        return 0
    line = in_patch(patch.value, path, value)
    return 0 if line is None else patch.start_mark.line + 2 + line


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None


def below(platform: Platform, location: Location, field: str) -> Location:
    """The line of a field of the object that begins at the location; the location itself where it is another line."""
    path = steps(field)
    if path[:1] in (["spec"], ["metadata"]) and location.line:
        for node in _nodes(platform, location.file):
            if node.start_mark.line + 1 == location.line:
                return goyaml.locate(node, path, location.file)
    return location


def _value(data: Any, path: list[str | int]) -> Any:
    for step in path:
        known = (isinstance(data, Mapping) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if not known:
            return ""
        data = data[step]
    return data


def _nodes(platform: Platform, file: str) -> Iterator[yaml.Node]:
    try:
        documents = list(goyaml.documents(goyaml.decode(platform.tree.read(file))))
    except (TreeError, goyaml.GoYamlError):
        return
    yield from (document.node for document in documents)


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _scalars(value)
