"""Helm values, layer upon layer, and where each key was set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.finding import Location

Values = dict[str, Any]


@dataclass(frozen=True)
class Layer:
    """One value file, or the values written in the Application; ``location`` is the file, or the Application's line.

    Lines are known from the ``text`` of a file (or of a part of one that begins after line ``shift``), or from
    ``nodes`` of a file.
    """

    data: Mapping[str, Any] = field(repr=False)
    location: Location
    text: str = field(default="", repr=False)
    shift: int = 0
    nodes: Sequence[yaml.Node] = field(default=(), repr=False, compare=False)

    @cached_property
    def _nodes(self) -> Sequence[yaml.Node]:
        if self.nodes:
            return self.nodes
        try:
            return [document.node for document in goyaml.documents(self.text)]
        except goyaml.GoYamlError:
            return []

    def sets(self, path: Sequence[str | int]) -> bool:
        """Whether the layer has this key."""
        data: Any = self.data
        for step in path:
            if isinstance(data, Mapping):
                if step not in data:
                    return False
                data = data[step]
            elif isinstance(data, list) and isinstance(step, int) and step < len(data):
                data = data[step]
            else:
                return False
        return True

    def locate(self, path: Sequence[str | int]) -> Location:
        """The line of the key, as far down as the layer has it; the Application's line where there is no text."""
        best, depth = self.location, 0
        for node in self._nodes:
            reached = _depth(node, path)
            if reached >= max(depth, 1):
                best, depth = goyaml.locate(node, path, self.location.file), reached
        if self.shift and best.line:
            return Location(best.file, best.line + self.shift)  # how far the text is indented is not known
        return best


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """``above`` over ``below``; maps are merged, everything else is replaced, and a null stays for the chart to see."""
    out = dict(below)
    for key, value in above.items():
        old = out.get(key)
        out[key] = merge(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return out


def merge_all(layers: Sequence[Layer]) -> Values:
    """All layers, the last one on top."""
    values: Values = {}
    for layer in layers:
        values = merge(values, layer.data)
    return values


def locate(layers: Sequence[Layer], path: Sequence[str | int]) -> Location:
    """Where the value at ``path`` was set last, or its nearest parent that was."""
    for length in range(len(path), 0, -1):
        for layer in reversed(layers):
            if layer.sets(path[:length]):
                return layer.locate(path[:length])
    return Location()


def _depth(node: yaml.Node, path: Sequence[str | int]) -> int:
    for index, step in enumerate(path):
        if isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if key.value == str(step)]
            if not found:
                return index
            node = found[-1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            return index
    return len(path)
