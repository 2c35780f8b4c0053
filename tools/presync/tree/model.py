"""What every tree offers, whatever it is read from."""

from __future__ import annotations

import bisect
import hashlib
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property

from presync.tree import notes

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_LINKS = 16


class TreeError(Exception):
    """A path that cannot be read: missing, too large, or a link that leaves the tree."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class TooLarge(TreeError):
    """A file larger than presync reads."""


class Tree(ABC):
    """Read-only files; paths are relative to the root, with ``/``, without ``.`` and ``..``."""

    label: str  # what a person calls it: ``working tree``, ``main (1a2b3c4)``

    @property
    def paths(self) -> tuple[str, ...]:
        """Every file and link, sorted by bytes."""
        notes.note(self, "paths")
        return self._paths

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(sorted(self._entries()))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._paths)

    @property
    def folders(self) -> frozenset[str]:
        """Every folder that holds a file, at any depth; the root is the empty string."""
        notes.note(self, "folders")
        return self._folders

    @cached_property
    def _folders(self) -> frozenset[str]:
        found = {""}
        for path in self._paths:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    @property
    def escaping_links(self) -> tuple[str, ...]:
        """Links whose target is outside the tree. Argo CD refuses a repository that has one."""
        notes.note(self, "escaping_links")
        return self._escaping_links

    @cached_property
    def _escaping_links(self) -> tuple[str, ...]:
        return tuple(path for path in self._links() if self._leaves(path))

    @property
    def symlinks(self) -> Mapping[str, str]:
        """Every symbolic link and what it says."""
        return self._links()

    def is_file(self, path: str) -> bool:
        """Whether ``path`` is a file, or a link to one inside the tree."""
        notes.note(self, "is_file", path)
        return self._resolved(path) in self._known

    def is_folder(self, path: str) -> bool:
        """Whether ``path`` is a folder with at least one file below it."""
        notes.note(self, "is_folder", path)
        return self._resolved(path) in self._folders

    def below(self, folder: str) -> Iterator[str]:
        """Every file below ``folder`` at any depth, in order."""
        notes.note(self, "below", folder)
        return self._under(folder)

    def _under(self, folder: str) -> Iterator[str]:
        if not folder:
            yield from self._paths
            return
        prefix = folder + "/"
        for index in range(bisect.bisect_left(self._paths, prefix), len(self._paths)):
            if not self._paths[index].startswith(prefix):
                return
            yield self._paths[index]

    def read(self, path: str) -> bytes:
        """The content of a file.

        Raises:
            TreeError: there is no such file, it leaves the tree, or it is larger than ``MAX_FILE_BYTES``.
        """
        notes.note(self, "content", path)
        resolved = self._resolved(path)
        if resolved is None:
            raise TreeError(path, "is a link that leaves the repository")
        if resolved not in self._known:
            raise TreeError(path, "is a folder, not a file" if resolved in self._folders else "does not exist")
        size = self._size(resolved)
        if size > MAX_FILE_BYTES:
            raise TooLarge(path, f"has {size:,} bytes; presync reads at most {MAX_FILE_BYTES:,} of one file")
        return self._read(resolved)

    def content(self, path: str) -> str:
        """The digest of a file's content, or why it cannot be read: what :meth:`read` would give, to compare."""
        resolved = self._resolved(path)
        if resolved is None or resolved not in self._known:
            return "?" if resolved is None else "/" if resolved in self._folders else ""
        return "+" if self._size(resolved) > MAX_FILE_BYTES else self.digest(path)

    def resolve(self, path: str) -> str | None:
        """``path`` with every link on the way followed; None when it leaves the tree or goes round in circles."""
        notes.note(self, "resolve", path)
        return self._resolved(path)

    def _resolved(self, path: str) -> str | None:
        """``path`` with every link on the way followed; None when it leaves the tree or goes round in circles."""
        links = self._links()
        if not links:
            return path
        for _ in range(MAX_LINKS):
            parts = path.split("/")
            for depth in range(1, len(parts) + 1):
                head = "/".join(parts[:depth])
                if head in links:
                    target = links[head]
                    if target.startswith("/"):
                        return None
                    joined = posixpath.normpath(posixpath.join(posixpath.dirname(head), target, *parts[depth:]))
                    if joined == ".." or joined.startswith("../"):
                        return None
                    path = "" if joined == "." else joined
                    break
            else:
                return path
        return None

    def _leaves(self, link: str) -> bool:
        target = self._links()[link]
        if target.startswith("/"):
            return True
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(link), target))
        return joined == ".." or joined.startswith("../")

    @abstractmethod
    def digest(self, path: str) -> str:
        """Changes when the content of the file changes; git's own digest of it, where the tree is one of git's."""

    @abstractmethod
    def _entries(self) -> Iterator[str]: ...

    @abstractmethod
    def _links(self) -> dict[str, str]: ...

    @abstractmethod
    def _size(self, path: str) -> int: ...

    @abstractmethod
    def _read(self, path: str) -> bytes: ...


def blob(data: bytes) -> str:
    """What git calls content like this (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def normalise(path: str) -> str | None:
    """``path`` without ``.``, ``..`` and doubled slashes; None when it would leave the root."""
    clean = posixpath.normpath(path.lstrip("/") or ".")
    if clean == ".." or clean.startswith("../"):
        return None
    return "" if clean == "." else clean
