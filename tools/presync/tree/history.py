"""Since which commit a file says what it says; bounded, and honest about a history that is not here."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from presync.tree import git
from presync.tree.model import TreeError
from presync.tree.repository import Repository

# What a clone's configuration could ask for, and which would run programs.
_PLAIN = ("--no-show-signature", "--no-textconv", "--no-ext-diff")
_SHALLOW = "this clone is shallow and ends before it; git fetch --unshallow brings the rest"
_EACH, _ALL = 10.0, 30.0  # seconds for one question, and for all of them


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as people recognise it."""

    name: str
    date: str
    subject: str


class Unknown(Exception):
    """It cannot be told; the message is the reason."""


class History:
    """The history of the files that lie on the disk, or of HEAD in a bare repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._until = time.monotonic() + _ALL

    def left(self, path: str, text: str) -> Commit | None:
        """The last commit that changed how often a text stands in a file: the one that took it out, where it is not
        there any more. None where it never was.

        Raises:
            Unknown: it cannot be told.
        """
        out = (
            self._ask("log", "-1", "--format=%H", *_PLAIN, f"-S{text}", "HEAD", "--", f":(literal){path}")
            .decode()
            .strip()
        )
        if not out and self._repository.is_shallow:
            raise Unknown(_SHALLOW)
        return self._commit(out) if out else None

    def line(self, path: str, number: int) -> Commit:
        """The commit that brought a line of a file as it lies here.

        git is asked about HEAD only: for a file on the disk it may run a program that the configuration of the
        repository names as a filter.

        Raises:
            Unknown: it is not committed yet, or it cannot be told.
        """
        if not self._repository.is_git:
            raise Unknown("this is no git repository")
        at = self._committed(path, number)
        out = self._ask("blame", "--porcelain", "--no-textconv", "-L", f"{at},{at}", "HEAD", "--", path)
        return self._commit(out.split(b" ", 1)[0].decode().lstrip("^"))

    def _committed(self, path: str, number: int) -> int:
        """Where HEAD has the line: at its place, or at the only other one with the same text."""
        head = self._repository.checked_out()
        try:
            wanted = self._repository.worktree.read(path).split(b"\n")[number - 1]
            lines = self._repository.at(head or "HEAD").read(path).split(b"\n")
        except (TreeError, IndexError):
            raise Unknown("not committed yet") from None
        if lines[number - 1 : number] == [wanted]:
            return number
        same = [at for at, line in enumerate(lines, 1) if line == wanted]
        if len(same) != 1:
            raise Unknown("not committed yet")
        return same[0]

    def _commit(self, name: str) -> Commit:
        if name in self._boundary:
            raise Unknown(_SHALLOW)
        date, _, subject = (
            self._ask("log", "-1", "--format=%cs %s", *_PLAIN, name).decode("utf-8", "replace").partition(" ")
        )
        return Commit(name, date, subject.strip())

    def _ask(self, *arguments: str) -> bytes:
        if not self._repository.is_git:
            raise Unknown("this is no git repository")
        left = min(_EACH, self._until - time.monotonic())
        if left <= 0:
            raise Unknown(f"asking git took more than {_ALL:.0f} s")
        try:
            return git.run(self._repository.root, *arguments, timeout=left)
        except git.GitError as error:
            raise Unknown(str(error)) from None

    @cached_property
    def _boundary(self) -> frozenset[str]:
        """The commits at which a shallow clone ends: they seem to bring everything that is there."""
        root = self._repository.root
        try:
            file = git.run(root, "rev-parse", "--git-path", "shallow").decode().strip()
            return frozenset((root / Path(file)).read_text("ascii").split())
        except (git.GitError, OSError, ValueError):
            return frozenset()
