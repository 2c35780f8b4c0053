"""The two states that are compared."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from presync.base.errors import PresyncError
from presync.change import surroundings, upgrade
from presync.change.compare import compare
from presync.change.model import Change
from presync.change.upgrade import Wanted
from presync.engine import Engine
from presync.platform.load import Progress, load
from presync.render.memory import Memory
from presync.render.render import Bare
from presync.tree import Repository, Tree, TreeError, git

PRESENT = Wanted()
_FROM_HEAD = re.compile(r"(?:HEAD|@)(?:[~^@{][~^@{}\w./-]*)?$")


def load_change(
    repository: Repository,
    engine: Engine,
    base: str | None,
    progress: Progress,
    merge_base: bool = True,
    *,
    wanted: Wanted = PRESENT,
) -> Change:
    """The working tree against a revision; against where they parted from it, as a pull request is shown.

    With other versions ``wanted`` the working tree is rendered under those, and compared with the revision, or without
    one with itself, under the present ones.

    Raises:
        PresyncError: the revision is not here.
    """
    tree = repository.worktree if base is None else base_tree(repository, base, merge_base)
    memory: Memory[Bare] = Memory()
    after = load(repository, engine, progress=progress, memory=memory, adjust=wanted.settings if wanted else None)
    before = load(repository, engine, tree=tree, progress=progress, memory=memory)
    change = compare(before, after)
    notes: list[str] = []
    if wanted:
        notes += upgrade.notes(before, after)
    if base is not None:
        notes += surroundings.notes(repository, base, named(repository, base) or "", tree, merge_base)
    return replace(change, notes=tuple(notes))


def base_tree(repository: Repository, base: str, merge_base: bool = True) -> Tree:
    """The files to compare with.

    Raises:
        PresyncError: no git, no such revision, or a shallow clone that ends before it.
    """
    if not repository.is_git:
        raise PresyncError(f"{repository.root} is not a git repository", "There is nothing to compare with.")
    commit = named(repository, base)
    if commit is None:
        raise PresyncError(
            f"there is no revision {base!r} here",
            "This is a shallow clone: fetch it with git fetch --unshallow, or set fetch-depth: 0 in the workflow."
            if repository.is_shallow
            else _likely(repository, base),
        )
    if merge_base:
        commit = _merge_base(repository, commit, base)
    try:
        return repository.at(commit)
    except TreeError as error:
        raise PresyncError(f"the files of {base} cannot be read: {error.message}") from None


def named(repository: Repository, base: str) -> str | None:
    """The commit somebody names: HEAD is what is checked out here, whatever Argo CD calls so."""
    return repository.checked_out(base) if _FROM_HEAD.match(base) else repository.resolve(base)


def _likely(repository: Repository, base: str) -> str:
    """What was probably meant."""
    try:
        out = git.run(
            repository.root, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes", "refs/tags"
        )
    except git.GitError:
        out = b""
    names = out.decode("utf-8", "replace").split()
    close = difflib.get_close_matches(base, names, 3, 0.6) or [
        name for name in names if name.rpartition("/")[2] == base.rpartition("/")[2]
    ]
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return "Give a branch, a tag or a commit; git fetch brings what others have pushed."


def _merge_base(repository: Repository, commit: str, base: str) -> str:
    head = repository.checked_out()
    if head is None:
        raise PresyncError("HEAD is not born yet", "Commit something first.")
    try:
        return git.run(repository.root, "merge-base", commit, head).decode().split()[0]
    except (git.GitError, IndexError):
        raise PresyncError(
            f"{base} and HEAD have no commit in common here",
            "This is a shallow clone: fetch more with git fetch --unshallow."
            if repository.is_shallow
            else "Compare with the revision itself: --no-merge-base.",
        ) from None
