"""YAML that somebody here writes by hand and Argo CD reads; used by the rules about YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.rules.values import ours, uses
from presync.tree import TreeError


@dataclass(frozen=True, slots=True)
class File:
    """A file with the documents in it; ``entry`` is the first Application that uses it."""

    path: str
    nodes: tuple[yaml.Node, ...]
    values: bool  # a value file of a chart
    entry: Entry | None = None


def files(platform: Platform) -> tuple[File, ...]:
    """Value files, manifests that are applied as they stand, Argo CD's own objects, files that generators read."""

    def make(_: Platform) -> tuple[File, ...]:
        found: dict[str, File] = {}
        for path, values, entry in _paths(platform):
            if path and path not in found and platform.tree.is_file(path):
                nodes = _nodes(platform, path)
                if nodes:
                    found[path] = File(path, nodes, values, entry)
        return tuple(found[path] for path in sorted(found))

    return memo(platform, "yaml-files", make)


def _paths(platform: Platform) -> Iterator[tuple[str, bool, Entry | None]]:
    for use in uses(platform):
        if ours(platform, use):
            yield use.file, True, use.entry
    for entry in platform.entries:
        origin = entry.application.origin
        yield origin.location.file, False, None
        for place in origin.parameters:
            yield place.file, False, entry
        for resource in entry.rendered.resources:
            if not resource.chart:
                yield resource.source.file, False, entry
    for expansion in platform.expansions:
        yield expansion.manifest.location.file, False, None
    for project in platform.projects:
        yield project.location.file, False, None


def _nodes(platform: Platform, path: str) -> tuple[yaml.Node, ...]:
    try:
        return tuple(one.node for one in goyaml.documents(goyaml.decode(platform.tree.read(path))))
    except (goyaml.GoYamlError, TreeError):
        return ()  # PRE003 says what is wrong with it


def pairs(
    node: yaml.Node, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], yaml.Node, yaml.Node]]:
    """Every key and its value, with the path down to it."""
    stack: list[tuple[tuple[str | int, ...], yaml.Node]] = [(path, node)]
    seen: set[int] = set()
    while stack:
        at, current = stack.pop()
        if id(current) in seen:
            continue  # an alias
        seen.add(id(current))
        if isinstance(current, yaml.MappingNode):
            for key, value in current.value:
                below = (*at, str(key.value))
                yield below, key, value
                stack.append((below, value))
        elif isinstance(current, yaml.SequenceNode):
            stack.extend(((*at, index), item) for index, item in enumerate(current.value))


def place(file: File, node: yaml.Node) -> Location:
    """Where the node begins."""
    return Location(file.path, node.start_mark.line + 1, node.start_mark.column + 1)
