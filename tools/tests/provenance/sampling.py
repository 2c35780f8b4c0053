"""An independent check of provenance: edit the line it names, render again, see that the field changes.

cd tools && ../.venv/bin/python -m tests.provenance.sampling [COUNT] [SEED] [FOLDER]
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

import yaml

from presync.argocd.context import Context
from presync.base import goyaml
from presync.base.finding import Location
from presync.engine import Engine
from presync.platform.discovery import discover
from presync.platform.identity import control_plane, identify
from presync.platform.load import load
from presync.platform.model import Entry, Platform
from presync.provenance import Chain, explain
from presync.provenance.influence import get
from presync.render.model import Resource
from presync.render.render import render
from presync.settings import load_settings
from presync.tree import Tree
from presync.tree.repository import open_repository

ROOT = FilePath(__file__).resolve().parents[3]
KINDS = ("value", "default", "template", "manifest")


@dataclass(frozen=True)
class Sample:
    """One field, what provenance says of it, and what came of editing that line."""

    name: str
    location: Location
    kind: str
    outcome: str  # changed, same, refused, unlocated


class Edited(Tree):
    """A tree with one file replaced, and without schemas of values: an edit shall be refused by templates alone."""

    def __init__(self, below: Tree, path: str, data: bytes) -> None:
        self.label = below.label
        self._below, self._path, self._data = below, path, data

    def digest(self, path: str) -> str:
        return f"edited-{hash(self._data)}" if path == self._path else self._below.digest(path)

    def _entries(self) -> Iterator[str]:
        yield from (path for path in self._below.paths if not path.endswith("values.schema.json"))

    def _links(self) -> dict[str, str]:
        return self._below._links()

    def _size(self, path: str) -> int:
        return len(self._read(path))

    def _read(self, path: str) -> bytes:
        return self._data if path == self._path else self._below.read(path)


def sample(count: int, seed: int = 1, root: FilePath = ROOT) -> list[Sample]:
    """``count`` scalar fields, spread evenly over the charts."""
    repository = open_repository(root)
    with Engine() as engine:
        platform = load(repository, engine)
        settings = load_settings(repository.worktree)
        manifests, _ = discover(repository.worktree, settings)
        repositories, _ = identify(repository, repository.worktree, settings, manifests)
        context = Context(engine, settings, repositories, control_plane(settings, manifests))
        return [
            _try(platform, context, entry, resource, path)
            for entry, resource, path in _chosen(platform, count, random.Random(seed))  # noqa: S311 - a sample, not a secret
        ]


def _chosen(
    platform: Platform, count: int, chance: random.Random
) -> list[tuple[Entry, Resource, tuple[str | int, ...]]]:
    by_chart: dict[str, list[tuple[Entry, Resource, tuple[str | int, ...]]]] = {}
    for entry, resource in platform.resources():
        if resource.trace is not None:
            fields = [path for path, value in _scalars(resource.data) if value is not None]
            by_chart.setdefault(resource.chart, []).extend((entry, resource, path) for path in fields)
    out = []
    charts = sorted(by_chart)
    for at, chart in enumerate(charts):
        share = count // len(charts) + (at < count % len(charts))
        out += chance.sample(by_chart[chart], min(share, len(by_chart[chart])))
    return out


def _scalars(data: Any, prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _scalars(value, (*prefix, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _scalars(value, (*prefix, index))
    elif prefix not in (("apiVersion",), ("kind",)):
        yield prefix, data


def _try(platform: Platform, context: Context, entry: Entry, resource: Resource, path: tuple[str | int, ...]) -> Sample:
    chain = explain(resource, path)
    kind = "template"
    if chain.keys:
        kind = "default" if chain.keys[0].default else "value"
    name = f"{entry.name}/{resource.kind}/{resource.name} {'.'.join(map(str, path))}"
    place = chain.location
    if not place.line:
        return Sample(name, place, kind, "unlocated")
    outcomes = [
        _outcome(context, entry, resource, path, Edited(platform.tree, place.file, edited.encode()))
        for edited in _edits(platform.tree.read(place.file).decode(), place, chain)
    ]
    best = next((one for one in ("changed", "same", "refused") if one in outcomes), "unlocated")
    return Sample(name, place, kind, best)


def _outcome(context: Context, entry: Entry, resource: Resource, path: tuple[str | int, ...], tree: Tree) -> str:
    repositories = context.repositories
    result = render(entry.application, replace(context, repositories=replace(repositories, head=tree)))
    if result.error or result.unavailable:
        return "refused"
    old = get(resource.data, path)
    for index, one in enumerate(result.resources):
        same_place = len(result.resources) == len(entry.rendered.resources) and (
            entry.rendered.resources[index] is resource
        )
        if (one.kind, one.name) == (resource.kind, resource.name) or (same_place and one.kind == resource.kind):
            return "changed" if get(one.data, path) != old else "same"
    return "changed" if any(step == "name" for step in path) else "refused"


def _edits(text: str, place: Location, chain: Chain) -> Iterator[str]:
    """The file with the line changed, in the ways somebody would: another value, another word, the line gone."""
    lines = text.split("\n")
    line = lines[place.line - 1]
    if chain.keys and place == chain.keys[0].location:
        yield from _values(text, place)
        return
    shown = "true" if chain.value is True else "false" if chain.value is False else str(chain.value)
    candidates = []
    if shown and shown in line:
        at = line.rindex(shown)
        candidates.append(line[:at] + _other(shown) + line[at + len(shown) :])
    candidates.append(re.sub(r"\{\{-?.*\}\}", '"presync"', line))
    candidates.append("")
    for candidate in candidates:
        if candidate != line:
            yield "\n".join([*lines[: place.line - 1], candidate, *lines[place.line :]])


def _values(text: str, place: Location) -> Iterator[str]:
    """Change the scalars of the value whose key (or item) begins at the place, one at a time."""
    for document in goyaml.documents(text):
        node = _at(document.node, place)
        for scalar in _leaves(node) if node is not None else ():
            start, end = scalar.start_mark.index, scalar.end_mark.index
            old = text[start:end]
            for new in (_other(old), '"true"' if old != "true" else "false", "[]"):
                yield text[:start] + (new if old else f" {new}") + text[end:]


def _at(node: yaml.Node, place: Location) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.start_mark.line + 1 == place.line and key.start_mark.column + 1 == place.column:
                return value
            found = _at(value, place)
            if found is not None:
                return found
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if item.start_mark.line + 1 == place.line and item.start_mark.column + 1 == place.column:
                return item
            found = _at(item, place)
            if found is not None:
                return found
    return None


def _leaves(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode) and node.value:
        for _, value in node.value:
            yield from _leaves(value)
    elif isinstance(node, yaml.SequenceNode) and node.value:
        for item in node.value:
            yield from _leaves(item)
    else:
        yield node


def _other(text: str) -> str:
    bare = text.strip("\"'")
    if bare in ("true", "false"):
        return "false" if bare == "true" else "true"
    for at, char in enumerate(text):
        if char.isdigit():
            return text[:at] + str((int(char) % 9) + 1) + text[at + 1 :]
    for at in range(len(text) - 1, -1, -1):
        if text[at].isalpha():
            return text[:at] + ("a" if text[at] != "a" else "b") + text[at + 1 :]
    return "presync"


def main() -> None:
    count, seed = (int(one) for one in (sys.argv[1:3] + ["300", "1"][len(sys.argv) - 1 :])[:2])
    root = FilePath(sys.argv[3]) if len(sys.argv) > 3 else ROOT
    found = sample(count, seed, root)
    for one in found:
        if one.outcome != "changed":
            print(f"{one.outcome:<10} {one.kind:<9} {one.location}  {one.name}")
    table = Counter((one.kind, one.outcome) for one in found)
    for (kind, outcome), number in sorted(table.items()):
        print(f"{kind:<9} {outcome:<10} {number}")


if __name__ == "__main__":
    main()
