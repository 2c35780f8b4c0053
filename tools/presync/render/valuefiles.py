"""Which files ``helm.valueFiles`` and ``helm.fileParameters`` mean, in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from presync.argocd.appset.globs import GlobError, doublestar
from presync.render.environment import substitute
from presync.render.failure import Refused, Unavailable
from presync.render.files import join
from presync.tree import Tree

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_REMOTE = ("http", "https")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a tree; ``own`` tells the repository under review from another tree."""

    tree: Tree
    path: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where paths start: the folder of the source in its tree, and the trees other sources offer as ``$ref``."""

    tree: Tree
    folder: str
    references: Mapping[str, Tree]
    environment: Mapping[str, str]


def one_file(raw: str, place: Place) -> File:
    """The file a path means. A leading slash is the root of the repository; ``$ref/`` the root of another source.

    Raises:
        Refused: it leaves the repository or has a scheme that is not allowed.
        Unavailable: it is an address on the network.
    """
    return _resolve(raw, place)


def value_files(raw: Sequence[str], place: Place, ignore_missing: bool, globs: bool = True) -> list[File]:
    """The files in the order in which Helm merges them.

    A file counts once, at its first place; a glob gives its files in byte order, without those that are listed by name.
    Without ``globs``, before Argo CD 3.4, neither is so.

    Raises:
        Refused: a path that leaves the repository, or a glob that matches nothing.
        Unavailable: a path is an address on the network.
    """
    named = {(id(file.tree), file.path) for file in _explicit(raw, place)}
    found: dict[tuple[int, str], File] = {}
    named_again: list[File] = []
    for at, text in enumerate(raw):
        try:
            file = _resolve(text, place)
        except Refused as error:
            raise Refused(f"error resolving helm value files: error resolving value file path: {error}") from None
        except Unavailable as error:
            raise error.placed(f"helm.valueFiles[{at}]") from None
        if not globs:
            if not ignore_missing or _exists(file):
                named_again.append(file)
        elif _is_glob(file.path):
            matches = _expand(text, file)
            if not matches and not ignore_missing:
                raise Refused(f'error resolving helm value files: values file glob "{text}" matched no files')
            for match in matches:
                if (id(match.tree), match.path) not in named:
                    found.setdefault((id(match.tree), match.path), match)
        elif not ignore_missing or _exists(file):
            found.setdefault((id(file.tree), file.path), file)
    return [*named_again, *found.values()]


def _explicit(raw: Sequence[str], place: Place) -> Iterator[File]:
    for text in raw:
        try:
            file = _resolve(text, place)
        except (Refused, Unavailable):
            continue  # said again, and then raised, when its turn comes
        if not _is_glob(file.path):
            yield file


def _resolve(raw: str, place: Place) -> File:
    reference, _, rest = raw.partition("/")
    other = place.references.get(reference) if raw.startswith("$") else None
    if other is not None:
        try:
            return _inside(other, "", substitute(f"/{rest}" if rest or raw != reference else "", place.environment))
        except Refused as error:
            raise Refused(f"error resolving value file path: {error}") from None
    return _inside(place.tree, place.folder, substitute(raw, place.environment))


def _inside(tree: Tree, folder: str, path: str) -> File:
    scheme = _SCHEME.match(path)
    if scheme:
        if scheme[1].lower() in _REMOTE:
            raise Unavailable(
                "value-file-remote",
                f"the value file {path} is read from the network",
                "Keep the file in the repository; what a URL gives can change without a commit.",
                cause=path,
            )
        raise Refused(f"the URL scheme '{scheme[1]}' is not allowed")
    joined = join(folder, path)
    if joined is None:
        raise Refused(f"file '{path}' resolved to outside repository root")
    if not joined:
        raise Refused("internal error: failed to resolve path. Check logs for more details")
    return File(tree, joined)


def _is_glob(path: str) -> bool:
    return any(char in path for char in "*?[")


def _exists(file: File) -> bool:
    return file.tree.is_file(file.path) or file.tree.is_folder(file.path)


def _expand(raw: str, file: File) -> list[File]:
    tree = file.tree
    try:
        matches = doublestar(file.path, sorted({*tree.paths, *(folder for folder in tree.folders if folder)}))
    except GlobError as error:
        raise Refused(f'error resolving helm value files: error expanding glob pattern "{raw}": {error}') from None
    return [File(tree, match) for match in sorted(matches, key=lambda path: path.split("/")) if match != "."]
