"""What changed in the definition of an Application: its manifest, its ApplicationSet, what a generator read for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.change.causes.model import UNKNOWN, Cause, Place
from presync.change.causes.texts import at, inner
from presync.change.causes.undo import undone
from presync.change.fields import differences, dotted, same
from presync.change.model import Path
from presync.platform.model import Entry
from presync.provenance import reads
from presync.provenance.leaves import leaves
from presync.provenance.reads import Reads
from presync.tree import Tree, TreeError

# Of an ApplicationSet, what decides about its Applications and not about when they are changed.
_TEMPLATING = ("template", "templatePatch", "generators", "goTemplate", "goTemplateOptions")


_Document = tuple[Mapping[str, Any], yaml.Node]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key of the definition that differs; ``manifest`` tells the manifest from what a generator read."""

    place: Place
    path: Path
    manifest: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """Everything that differs in what makes an Application. ``known`` is False where that cannot be told."""

    leaves: tuple[Leaf, ...]
    known: bool
    inside: Path  # where the Application stands in its manifest

    @property
    def only(self) -> Cause:
        """The only thing that differs."""
        return Cause((self.leaves[0].place,)) if self.known and len(self.leaves) == 1 else UNKNOWN

    def cause(self, path: Path) -> Cause:
        """Why a field of the Application differs.

        A template prints each field from the text that stands in its place and from what generators read. So where
        nothing but texts in places differs, it is the text in this one.
        """
        if self.only.places or not self.known:
            return self.only
        if any(not one.manifest or one.path[: len(self.inside)] != self.inside for one in self.leaves):
            return UNKNOWN
        full = (*self.inside, *path)
        found = [one for one in self.leaves if _related(one.path, full)]
        return Cause(tuple(one.place for one in found))


def definition(base: Tree, head: Tree, old: Entry, new: Entry) -> Definition:
    """What differs between the definitions of one Application."""
    was, now = old.application.origin, new.application.origin
    in_set = bool(now.application_set)
    inside: Path = ("spec", "template") if in_set else ()
    if (was.application_set, was.location.file) != (now.application_set, now.location.file):
        return Definition((), False, inside)
    before, after = _document(base, was.location), _document(head, now.location)
    if before is None or after is None:  # such as a template of the chart that renders the Application
        return Definition((), False, inside)
    found = [
        leaf
        for leaf in _leaves(before, after, now.location.file, head, manifest=True)
        if not in_set or (leaf.path[:1] == ("spec",) and leaf.path[1:2] and leaf.path[1] in _TEMPLATING)
    ]
    known = same(undone(after[0], differences(before[0], after[0])), before[0])  # no list in another order
    known = known and [one.file for one in was.parameters] == [one.file for one in now.parameters]
    mentioned = reads.mentions(_texts(before[0], after[0])) if now.parameters else None
    for file in dict.fromkeys(one.file for one in now.parameters) if known and mentioned else ():
        known = known and _of_parameters(base, head, file, mentioned, found)
    return Definition(tuple(found), known, inside)


def _of_parameters(base: Tree, head: Tree, file: str, mentioned: Reads | None, found: list[Leaf]) -> bool:
    if mentioned is None or _text(base, file) == _text(head, file):
        return True
    before, after = _document(base, Location(file)), _document(head, Location(file))
    if before is None or after is None:
        return False
    for leaf in _leaves(before, after, file, head, manifest=False):
        if mentioned.mentions(leaf.path) or not all(isinstance(step, str) for step in leaf.path):
            found.append(leaf)
    return True


def _leaves(before: _Document, after: _Document, file: str, head: Tree, manifest: bool) -> Iterator[Leaf]:
    text = _text(head, file) or ""
    for one in differences(before[0], after[0]):
        removed, path = at(one)
        place = goyaml.locate((before if removed else after)[1], path, file)
        line = place.line + inner(text, place.line, one)
        column = place.column if line == place.line else 0
        yield Leaf(Place(file, line, dotted(one.path), removed, column), one.head, manifest)


def _related(one: Sequence[str | int], other: Sequence[str | int]) -> bool:
    length = min(len(one), len(other))
    return tuple(one[:length]) == tuple(other[:length])


def _texts(*data: Any) -> Iterator[str]:
    for _, leaf in leaves({"": list(data)}):
        if isinstance(leaf, str):
            yield leaf


def _document(tree: Tree, location: Location) -> _Document | None:
    """The mapping that begins at the line; without a line the only one of the file."""
    text = _text(tree, location.file)
    if text is None:
        return None
    try:
        found = [one for one in goyaml.documents(text) if isinstance(one.data, dict)]
    except goyaml.GoYamlError:
        return None
    if location.line:
        found = [one for one in found if one.line == location.line]
    return (found[0].data, found[0].node) if len(found) == 1 else None


def _text(tree: Tree, file: str) -> str | None:
    try:
        return goyaml.decode(tree.read(file)) if tree.is_file(file) else None
    except (TreeError, goyaml.GoYamlError):
        return None
