"""Where a field of an object comes from that Kustomize put together.

Kustomize does not say. But what it reads is plain YAML: the line is in a file that has the object, or a patch of it,
with this very value; else in what a generator reads; else in a kustomization that has the value (an image's tag, a
number of replicas). Where no file has it, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.provenance import generated
from presync.provenance.generated import KUSTOMIZATIONS
from presync.provenance.influence import MISSING, get
from presync.render.model import Resource
from presync.tree import Tree, TreeError

Path = Sequence[str | int]


@dataclass(frozen=True, slots=True)
class _Document:
    file: str
    data: Mapping[str, Any]
    node: yaml.Node


def locate(tree: Tree, reads: Iterable[str], resource: Resource, path: Path) -> Location:
    """The line of the field, or of the object; the place is empty where no file has either."""
    reads = list(reads)
    documents = list(_documents(tree, reads))
    value = get(resource.data, path)
    own = [one for one in documents if _same_object(one.data, resource)]
    # A patch lies over what it patches, and usually nearer to the kustomization that is rendered.
    own.sort(key=lambda one: (len(str(one.data)), one.file))
    if value is not MISSING:
        for document in own:
            if get(document.data, _aligned(document.data, resource.data, path)) == value:
                return goyaml.locate(document.node, _aligned(document.data, resource.data, path), document.file)
    made = generated.locate(tree, reads, resource, path)
    if made.file:
        return made
    if value is not MISSING:
        found = _inline(documents, resource, path, value) or _transformed(documents, value)
        if found is not None:
            return found
    full = [one for one in own if not _is_patch(one.data)]
    if not full:
        return Location()
    last = full[-1]
    return goyaml.locate(last.node, _aligned(last.data, resource.data, path), last.file)


def _documents(tree: Tree, reads: Iterable[str]) -> Iterator[_Document]:
    for file in sorted(reads):
        if not file.endswith((".yaml", ".yml", "Kustomization")) or not tree.is_file(file):
            continue
        try:
            for document in goyaml.documents(goyaml.decode(tree.read(file))):
                if isinstance(document.data, dict):
                    yield _Document(file, document.data, document.node)
        except (goyaml.GoYamlError, TreeError):
            continue  # the render says what is wrong with it


def _inline(documents: Sequence[_Document], resource: Resource, path: Path, value: Any) -> Location | None:
    """The line of a patch that stands as a text in a kustomization and gives the field this value; the last one."""
    found = None
    for document in documents:
        patches = document.data.get("patches")
        for at, one in enumerate(patches if isinstance(patches, list) else []):
            text = one.get("patch") if isinstance(one, Mapping) else None
            try:
                patch = next(goyaml.documents(text)) if isinstance(text, str) else None
            except (goyaml.GoYamlError, StopIteration):
                patch = None  # the render says what is wrong with it
            within = None if patch is None else _given(patch.data, resource, path, value)
            if patch is not None and within is not None:
                begin = goyaml.locate(document.node, ("patches", at, "patch"), document.file).line
                found = Location(document.file, begin + goyaml.locate(patch.node, within).line)
    return found


def _given(patch: Any, resource: Resource, path: Path, value: Any) -> Path | None:
    """Where in a patch the field gets its value: in an object, or in operations of RFC 6902."""
    if isinstance(patch, Mapping):
        return path if patch.get("kind") == resource.kind and get(patch, path) == value else None
    for at, operation in enumerate(patch if isinstance(patch, list) else []):
        pointer = str(operation.get("path", "")) if isinstance(operation, Mapping) else ""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        rest = path[len(steps) :]
        if steps and steps == [str(step) for step in path[: len(steps)]] and get(operation.get("value"), rest) == value:
            return (at, "value", *rest)
    return None


def _same_object(data: Mapping[str, Any], resource: Resource) -> bool:
    metadata = data.get("metadata")
    name = str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
    return data.get("kind") == resource.kind and bool(name) and name in resource.name


def _is_patch(data: Mapping[str, Any]) -> bool:
    return set(data) <= {"apiVersion", "kind", "metadata"} and len(data.get("metadata") or {}) == 1


def _aligned(document: Any, whole: Any, path: Path) -> tuple[str | int, ...]:
    """The path in a file of the object: items of lists are found again by their name."""
    out: list[str | int] = []
    for step in path:
        if isinstance(step, int) and isinstance(document, list) and isinstance(whole, list) and step < len(whole):
            item = whole[step]
            name = item.get("name") if isinstance(item, Mapping) else None
            same = [
                at for at, one in enumerate(document) if isinstance(one, Mapping) and name and one.get("name") == name
            ]
            step = same[0] if same else step  # noqa: PLW2901 - the place in this list
        out.append(step)
        document, whole = get(document, [step]), get(whole, [path[len(out) - 1]])
    return tuple(out)


def _transformed(documents: Sequence[_Document], value: Any) -> Location | None:
    """A kustomization's own line: its images, replicas, namespace, labels, generators."""
    for document in documents:
        if document.file.rsplit("/", 1)[-1] not in KUSTOMIZATIONS:
            continue
        for scalar in _scalars(document.node):
            text = str(scalar.value)
            whole = text == str(value)
            part = isinstance(value, str) and len(text) > 2 and value.endswith((f":{text}", f"@{text}"))
            if whole or part:
                return Location(document.file, scalar.start_mark.line + 1, scalar.start_mark.column + 1)
    return None


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value not in ("apiVersion", "kind", "resources", "patches", "components"):
                yield from _scalars(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.ScalarNode):
        yield node
