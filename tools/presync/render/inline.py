"""Where the values stand that an Application, or the template of its ApplicationSet, holds itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from presync.argocd.model import Application
from presync.base import goyaml
from presync.base.finding import Location
from presync.render.layers import Layer
from presync.tree import Tree, TreeError


def layer(data: Mapping[str, Any], application: Application, index: int, head: Tree, otherwise: Location) -> Layer:
    """``helm.valuesObject`` or ``helm.values`` of a source as a layer that knows its lines, where the file has them."""
    file = application.origin.location.file
    helm = _helm(application, index, head)
    found = _value(helm, "valuesObject")
    if isinstance(found, yaml.MappingNode):
        return Layer(data, Location(file), nodes=(found,))
    found = _value(helm, "values")
    if isinstance(found, yaml.ScalarNode) and found.style == "|":
        return Layer(data, Location(file), found.value, shift=found.start_mark.line + 1)
    return Layer(data, otherwise)


def parameters(application: Application, index: int, head: Tree) -> Mapping[str, Location]:
    """The names of ``helm.parameters`` and where each is set."""
    found = _value(_helm(application, index, head), "parameters")
    out = {}
    for item in found.value if isinstance(found, yaml.SequenceNode) else ():
        name = _value(item, "name")
        if isinstance(name, yaml.ScalarNode):
            mark = item.start_mark
            out[name.value] = Location(application.origin.location.file, mark.line + 1, mark.column + 1)
    return out


def _helm(application: Application, index: int, head: Tree) -> yaml.Node | None:
    location = application.origin.location
    node = _document(head, location)
    path: Sequence[str] = ("spec", "template", "spec") if application.origin.application_set else ("spec",)
    for key in path:
        node = _value(node, key)
    if application.is_multi_source:
        listed = _value(node, "sources")
        node = listed.value[index] if isinstance(listed, yaml.SequenceNode) and index < len(listed.value) else None
    else:
        node = _value(node, "source")
    return _value(node, "helm")


def _document(head: Tree, location: Location) -> yaml.Node | None:
    if not location.line or not head.is_file(location.file):
        return None
    try:
        for document in goyaml.documents(goyaml.decode(head.read(location.file))):
            if document.line == location.line:
                return document.node
    except (goyaml.GoYamlError, TreeError):
        return None
    return None


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in reversed(node.value) if name.value == key), None)
