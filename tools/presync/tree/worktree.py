"""The files as they lie on the disk: what git tracks or would track, or everything where there is no git."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from presync.tree import git
from presync.tree.model import Tree, TreeError, blob

_NEVER = {".git", ".hg", ".svn", "node_modules", ".venv", "__pycache__"}
MAX_FILES = 500_000


class WorkTree(Tree):
    """A folder, below which nothing is followed that leads out of it."""

    label = "working tree"

    def __init__(self, root: Path, tracked: bool) -> None:
        self.root = root
        self._tracked = tracked

    def digest(self, path: str) -> str:
        return blob(self._read(self._resolved(path) or path))

    @cached_property
    def _found(self) -> dict[str, str | None]:
        """Path to link target, or None for a file."""
        found: dict[str, str | None] = {}
        for path in self._listed() if self._tracked else self._walked():
            full = self._full(path)
            try:
                mode = os.lstat(full).st_mode
                if stat.S_ISLNK(mode):
                    found[path] = os.readlink(full)  # noqa: PTH115 - see _full
                elif stat.S_ISREG(mode):
                    found[path] = None
            except OSError:
                continue  # vanished between listing and looking: not part of the tree
            if len(found) > MAX_FILES:
                raise TreeError(".", f"holds more than {MAX_FILES:,} files")
        return found

    def _full(self, path: str) -> str:
        return f"{self._prefix}{path}"  # thousands of times: a Path costs more than the question to the kernel

    @cached_property
    def _prefix(self) -> str:
        return f"{self.root}/".replace("//", "/")  # the root of the file system is one slash

    def _listed(self) -> Iterator[str]:
        """Tracked files and new ones that are not ignored, so that a forgotten ``git add`` does not hide a file."""
        out = git.run(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
        for name in out.split(b"\0"):
            if name:
                yield os.fsdecode(name)

    def _walked(self) -> Iterator[str]:
        for folder, folders, files in os.walk(self.root):
            linked = [name for name in folders if Path(folder, name).is_symlink()]
            folders[:] = sorted(name for name in folders if name not in _NEVER and name not in linked)
            for name in [*files, *linked]:
                yield Path(folder, name).relative_to(self.root).as_posix()

    def _entries(self) -> Iterator[str]:
        return iter(self._found)

    @cached_property
    def _link_targets(self) -> dict[str, str]:
        return {path: target for path, target in self._found.items() if target is not None}

    def _links(self) -> dict[str, str]:
        return self._link_targets

    def _size(self, path: str) -> int:
        return self._stat(path).st_size

    def _stat(self, path: str) -> os.stat_result:
        try:
            return os.lstat(self._full(path))
        except OSError as error:
            raise TreeError(path, error.strerror or "cannot be read") from None

    def _read(self, path: str) -> bytes:
        try:
            with open(self._full(path), "rb") as file:  # noqa: PTH123 - see _full
                return file.read()
        except OSError as error:
            raise TreeError(path, error.strerror or "cannot be read") from None
