"""The two states that are compared."""

from __future__ import annotations

from presync.base.errors import PresyncError
from presync.change.compare import compare
from presync.change.model import Change
from presync.engine import Engine
from presync.platform.load import Progress, load
from presync.render.memory import Memory
from presync.render.render import Bare
from presync.tree import Repository, Tree, TreeError, git


def load_change(
    repository: Repository, engine: Engine, base: str, progress: Progress, merge_base: bool = True
) -> Change:
    """The working tree against a revision; against where they parted from it, as a pull request is shown.

    Raises:
        PresyncError: the revision is not here.
    """
    tree = base_tree(repository, base, merge_base)
    memory: Memory[Bare] = Memory()
    after = load(repository, engine, progress=progress, memory=memory)
    before = load(repository, engine, tree=tree, progress=progress, memory=memory)
    return compare(before, after)


def base_tree(repository: Repository, base: str, merge_base: bool = True) -> Tree:
    """The files to compare with.

    Raises:
        PresyncError: no git, no such revision, or a shallow clone that ends before it.
    """
    if not repository.is_git:
        raise PresyncError(f"{repository.root} is not a git repository", "There is nothing to compare with.")
    commit = repository.resolve(base)
    if commit is None:
        shallow = git.run(repository.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        raise PresyncError(
            f"there is no revision {base!r} here",
            "This is a shallow clone: fetch it with git fetch --unshallow, or set fetch-depth: 0 in the workflow."
            if shallow
            else "Give a branch, a tag or a commit; git fetch brings what others have pushed.",
        )
    if merge_base:
        commit = _merge_base(repository, commit, base)
    try:
        return repository.at(commit)
    except TreeError as error:
        raise PresyncError(f"the files of {base} cannot be read: {error.message}") from None


def _merge_base(repository: Repository, commit: str, base: str) -> str:
    head = repository.resolve("HEAD")
    if head is None:
        raise PresyncError("HEAD is not born yet", "Commit something first.")
    try:
        return git.run(repository.root, "merge-base", commit, head).decode().split()[0]
    except (git.GitError, IndexError):
        shallow = git.run(repository.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        raise PresyncError(
            f"{base} and HEAD have no commit in common here",
            "This is a shallow clone: fetch more with git fetch --unshallow."
            if shallow
            else "Compare with the revision itself: --no-merge-base.",
        ) from None
