"""Where a key comes from of a ConfigMap or Secret that a generator of a kustomization makes.

``literals`` are ``KEY=VALUE``, ``files`` are ``[KEY=]PATH``, ``envs`` are files with a line ``KEY=VALUE`` for each key
(https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/configmapgenerator/).
"""

from __future__ import annotations

import base64
import binascii
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.render.model import Resource
from presync.tree import Tree, TreeError

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_GENERATORS = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}
_DATA = frozenset({"data", "binaryData", "stringData"})


@dataclass(frozen=True, slots=True)
class _Source:
    """What gives a key: its line, and its text where that is written there."""

    key: str
    value: str | None
    location: Location


def locate(tree: Tree, reads: Iterable[str], resource: Resource, path: Sequence[str | int]) -> Location:
    """The line that gives the key, else that of the generator's entry; empty where no generator makes the object."""
    entries = list(_entries(tree, reads, resource))
    if len(path) > 1 and path[0] in _DATA:
        text = _text(resource, path)
        sources = [one for file, node in entries for one in _sources(tree, file, node) if one.key == path[1]]
        # An overlay may say a key again: the one that holds what is rendered is it, else a file.
        for wanted in (text, None):
            found = [one.location for one in sources if one.value == wanted]
            if found:
                return found[-1]
    return goyaml.locate(entries[0][1], ("name",), entries[0][0]) if entries else Location()


def _entries(tree: Tree, reads: Iterable[str], resource: Resource) -> Iterator[tuple[str, yaml.MappingNode]]:
    """The entries that may have made the object: those of the longest name in its own, which gets a hash and more."""
    wanted = _GENERATORS.get(resource.kind) if not resource.group else None
    found = []
    for file in sorted(reads) if wanted else ():
        if posixpath.basename(file) not in KUSTOMIZATIONS or not tree.is_file(file):
            continue
        for key, value in _pairs(_document(tree, file)):
            for entry in value.value if key == wanted and isinstance(value, yaml.SequenceNode) else ():
                name = dict(_texts(entry)).get("name", "")
                if name and name in resource.name:
                    found.append((len(name), file, entry))
    longest = max((length for length, _, _ in found), default=0)
    yield from ((file, entry) for length, file, entry in found if length == longest)


def _sources(tree: Tree, file: str, entry: yaml.Node) -> Iterator[_Source]:
    folder = posixpath.dirname(file)
    for kind, value in _pairs(entry):
        nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
        for node in nodes if kind in ("literals", "files", "envs", "env") else ():
            if not isinstance(node, yaml.ScalarNode):
                continue
            here = Location(file, node.start_mark.line + 1, node.start_mark.column + 1)
            left, equals, right = node.value.partition("=")
            if kind == "literals" and equals:
                yield _Source(left, _unquoted(right), here)
            elif kind == "files":
                path = posixpath.normpath(posixpath.join(folder, right if equals else left))
                yield _Source(left if equals else posixpath.basename(path), None, _first(tree, path) or here)
            elif kind in ("envs", "env"):
                yield from _of_lines(tree, posixpath.normpath(posixpath.join(folder, node.value)))


def _of_lines(tree: Tree, file: str) -> Iterator[_Source]:
    for at, line in enumerate(_read(tree, file).split("\n"), 1):
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            yield _Source(key.strip(), value, Location(file, at))


def _first(tree: Tree, file: str) -> Location | None:
    return Location(file, 1) if tree.is_file(file) else None


def _read(tree: Tree, file: str) -> str:
    try:
        return tree.read(file).decode("utf-8-sig", "replace") if tree.is_file(file) else ""
    except TreeError:
        return ""


def _text(resource: Resource, path: Sequence[str | int]) -> str:
    """What is rendered for the key, as it was given."""
    section = resource.data.get(str(path[0]))
    value = section.get(path[1]) if isinstance(section, dict) else None
    if resource.kind == "Secret" and path[0] == "data":
        try:
            return base64.b64decode(str(value), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return str(value)


def _document(tree: Tree, file: str) -> yaml.Node | None:
    try:
        document = next(goyaml.documents(goyaml.decode(tree.read(file))), None)
    except (goyaml.GoYamlError, TreeError):
        return None
    return document.node if document else None


def _pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)


def _texts(node: yaml.Node) -> Iterator[tuple[str, str]]:
    yield from ((key, value.value) for key, value in _pairs(node) if isinstance(value, yaml.ScalarNode))


def _unquoted(text: str) -> str:
    """Kustomize takes one pair of quotes away."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text
