"""Images, charts and revisions of two environments, and since when the second is behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from presync.argocd.model import Source
from presync.base.finding import Location
from presync.change.promotion.model import FieldDifference, Since, Version
from presync.change.promotion.pairs import Pair
from presync.platform.model import Entry
from presync.tree import Tree, TreeError
from presync.tree.history import History, Unknown

_NUMBERS = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-+._](.*))?$")
_DIGEST = "@"


def of_images(pair: Pair, fields: tuple[FieldDifference, ...], tree: Tree) -> Iterator[Version]:
    """Images of one repository that differ, each once."""
    seen = set()
    for one in fields:
        if one.field.rpartition(".")[2] != "image" or not (isinstance(one.here, str) and isinstance(one.there, str)):
            continue
        (name, here), (other, there) = split(one.here), split(one.there)
        if name != other or (name, here, there) in seen:
            continue
        seen.add((name, here, there))
        yield _version(pair, tree, "image", name, (here, there))


def of_sources(pair: Pair, tree: Tree) -> Iterator[Version]:
    """Sources that differ in their revision alone."""
    for one, other in zip(pair.here.application.sources, pair.there.application.sources, strict=False):
        if _what(one) == _what(other) and one.target_revision != other.target_revision:
            what = "chart" if one.chart else "revision"
            yield _version(pair, tree, what, one.chart or one.repo_url, (one.target_revision, other.target_revision))


def _what(source: Source) -> tuple[str, str, str]:
    return source.repo_url, source.chart, "" if source.chart else source.path


def split(image: str) -> tuple[str, str]:
    """An image's repository, and its tag and digest."""
    name, _, digest = image.partition(_DIGEST)
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return f"{head}{slash}{last}", f"{tag}{_DIGEST}{digest}" if digest else tag


def order(here: str, there: str) -> str:
    """How the second environment stands to the first."""
    first, second = _numbers(here), _numbers(there)
    if first is None or second is None or first == second:
        return "differs"
    return "behind" if second < first else "ahead"


def _numbers(version: str) -> tuple[int, ...] | None:
    found = _NUMBERS.match(version.partition(_DIGEST)[0])
    return tuple(int(part) for part in found[1].split(".")) if found else None


def _version(pair: Pair, tree: Tree, what: str, name: str, versions: tuple[str, str]) -> Version:
    here, there = versions
    return Version(
        what,
        name,
        here,
        there,
        order(here, there),
        _place(tree, pair.here, pair.there, here),
        _place(tree, pair.there, pair.here, there),
    )


def _place(tree: Tree, entry: Entry, other: Entry, version: str) -> Location:
    """The line that says a version: in a file that only this one of the two Applications reads."""
    wanted = _wanted(version)
    pattern = re.compile(rf"(?<![A-Za-z0-9.]){re.escape(wanted)}(?![A-Za-z0-9])")
    for file in sorted(_files(entry) - _files(other)):
        try:
            lines = tree.read(file).decode("utf-8", "replace").split("\n")
        except TreeError:
            continue
        for number, line in enumerate(lines, 1):
            if pattern.search(line.partition(" #")[0]):
                return Location(file, number)
    return Location()


def _files(entry: Entry) -> set[str]:
    origin = entry.application.origin
    return {*entry.rendered.reads, origin.location.file, *(place.file for place in origin.parameters)}


def _wanted(version: str) -> str:
    """What is looked for in a file: the tag, or the digest where there is no tag."""
    tag, _, digest = version.partition(_DIGEST)
    return tag or digest


def dated(version: Version, tree: Tree, history: History) -> Version:
    """The version with the commit since which the second environment lacks it.

    That is the commit by which the first environment's file left the second's version; where it never had that, the one
    that brought the first environment's own.
    """
    place = version.here_place
    if version.order == "ahead":
        return version
    if not place.file:
        return replace(version, since=Since(unknown="no file of one environment alone says it"))
    try:
        commit = history.line(place.file, place.line)
        if _wanted(version.there) not in tree.read(place.file).decode("utf-8", "replace"):
            commit = history.left(place.file, _wanted(version.there)) or commit
    except Unknown as error:
        return replace(version, since=Since(unknown=str(error)))
    return replace(version, since=Since(commit.name, commit.date, commit.subject))
