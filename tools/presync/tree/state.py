"""A name for everything of a repository that a result can depend on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress

from presync.tree import git
from presync.tree.repository import Repository


def state(repository: Repository) -> bytes:
    """A digest of the files as they lie there, of what is checked out, and of the names of the repository itself.

    Two states with one digest give the same results, as long as the branches and tags that matter stand for the same
    commits (:attr:`Repository.asked`). Commits need no look inside: their names say what they hold.

    Raises:
        TreeError: a file cannot be read.
    """
    found = hashlib.sha256()
    for part in _parts(repository):
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.digest()


def _parts(repository: Repository) -> Iterator[bytes]:
    yield str(repository.root).encode(errors="surrogateescape")
    if repository.is_git:
        names = (repository.branch, repository.default_branch, repository.checked_out() or "", *repository.remotes)
        yield from (name.encode(errors="surrogateescape") for name in names)
        yield _shallow(repository)
        yield from _submodules(repository)
    if not repository.is_bare:
        tree = repository.worktree
        for path, target in tree.symlinks.items():
            yield f"{path} -> {target}".encode(errors="surrogateescape")
        for path in tree.paths:
            yield f"{path} {tree.content(path)}".encode(errors="surrogateescape")


def _submodules(repository: Repository) -> Iterator[bytes]:
    """Their commits, which are no files."""
    with suppress(git.GitError):
        listed = git.run(repository.root, "ls-files", "-s", "-z")
        yield from (line for line in listed.split(b"\0") if line.startswith(b"160000"))


def _shallow(repository: Repository) -> bytes:
    """Where the history of a shallow clone ends."""
    with suppress(OSError, git.GitError):
        path = os.fsdecode(git.run(repository.root, "rev-parse", "--git-path", "shallow")).rstrip("\n")
        return (repository.root / path).read_bytes()
    return b""
