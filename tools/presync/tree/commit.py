"""The files of a commit, read from git's objects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from presync.tree import git
from presync.tree.model import Tree, TreeError, blob

_SHORT = 40  # hex digits of SHA-1


class CommitTree(Tree):
    """A commit; ``prefix`` is the folder of the repository that counts as the root (empty: all of it)."""

    def __init__(self, folder: Path, commit: str, label: str, prefix: str = "") -> None:
        self.folder = folder
        self.commit = commit
        self.label = label
        self._prefix = prefix.rstrip("/")

    @cached_property
    def _objects(self) -> git.Objects:
        return git.Objects(self.folder)

    @cached_property
    def _listed(self) -> dict[str, tuple[str, str, int]]:
        """Path to (mode, object, size); submodules are left out, Argo CD's checkout has them only when configured."""
        treeish = f"{self.commit}:{self._prefix}" if self._prefix else self.commit
        found = {}
        try:
            out = git.run(self.folder, "ls-tree", "-r", "-l", "-z", "--full-tree", treeish)
        except git.GitError as error:
            raise TreeError(self._prefix or ".", str(error)) from None
        for line in out.split(b"\0"):
            if line:
                meta, name = line.split(b"\t", 1)
                mode, kind, digest, size = meta.split()
                if kind == b"blob":
                    length = int(size) if size.isdigit() else 0  # the object of a partial clone is not here ("BAD")
                    found[os.fsdecode(name)] = (mode.decode(), digest.decode(), length)
        return found

    @cached_property
    def _link_targets(self) -> dict[str, str]:
        return {
            path: os.fsdecode(self._objects.read(digest))
            for path, (mode, digest, _) in self._listed.items()
            if mode == "120000"
        }

    def digest(self, path: str) -> str:
        resolved = self._resolved(path) or path
        digest = self._listed[resolved][1]
        # A repository with SHA-256 names: the working tree's files have names of the common kind.
        return digest if len(digest) == _SHORT else blob(self._read(resolved))

    def _entries(self) -> Iterator[str]:
        return iter(self._listed)

    def _links(self) -> dict[str, str]:
        return self._link_targets

    def _size(self, path: str) -> int:
        return self._listed[path][2]

    def _read(self, path: str) -> bytes:
        try:
            return self._objects.read(self._listed[path][1])
        except git.GitError as error:
            raise TreeError(path, str(error)) from None
