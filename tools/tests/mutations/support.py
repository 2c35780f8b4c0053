"""This repository with a few lines changed, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from presync.base import goyaml
from presync.base.finding import Finding
from presync.engine import Engine
from presync.findings import collect
from presync.platform.load import load
from presync.tree import Repository, Tree
from presync.tree.repository import open_repository

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(__file__).parent / "cases"


class Changed(Tree):
    """A tree with some files replaced, added, or gone."""

    def __init__(self, below: Tree, files: Mapping[str, bytes | None]) -> None:
        self.label = below.label
        self._below, self._files = below, files

    def digest(self, path: str) -> str:
        changed = self._files.get(path)
        return self._below.digest(path) if changed is None else f"changed-{hash(changed)}"

    def _entries(self) -> Iterator[str]:
        yield from (path for path in self._below.paths if path not in self._files)
        yield from (path for path, data in self._files.items() if data is not None)

    def _links(self) -> dict[str, str]:
        return self._below._links()

    def _size(self, path: str) -> int:
        return len(self._read(path))

    def _read(self, path: str) -> bytes:
        changed = self._files.get(path)
        return self._below.read(path) if changed is None else changed


@cache
def repository() -> Repository:
    """This one."""
    return open_repository(ROOT)


def changed(edits: Sequence[Mapping[str, Any]]) -> Mapping[str, bytes | None]:
    """The files that edits change.

    An edit names a ``file`` and either ``replace`` (text that stands there exactly once) and ``with``, or ``text`` (the
    whole file), or ``delete: true``, or ``append``.
    """
    files: dict[str, bytes | None] = {}
    for edit in edits:
        path = edit["file"]
        if edit.get("delete"):
            assert repository().worktree.is_file(path), f"{path} does not exist"
            files[path] = None
            continue
        if "text" in edit:
            files[path] = edit["text"].encode()
            continue
        text = (files.get(path) or repository().worktree.read(path)).decode()
        if "append" in edit:
            files[path] = (text.rstrip("\n") + "\n" + edit["append"]).encode()
            continue
        assert text.count(edit["replace"]) == 1, f"{path} holds {edit['replace']!r} {text.count(edit['replace'])} times"
        files[path] = text.replace(edit["replace"], edit["with"]).encode()
    return files


def findings(engine: Engine, files: Mapping[str, bytes | None]) -> list[Finding]:
    """What presync says of the tree with these changes."""
    tree = Changed(repository().worktree, files)
    return collect(load(repository(), engine, tree=tree))


def cases(kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The cases of a kind: ``mistakes`` or ``ordinary``, by file name."""
    found = []
    for path in sorted((CASES / kind).glob("*.yaml")):
        data = goyaml.load(path.read_text())
        assert isinstance(data, dict), path
        found.append((path.stem, data))
    return found
