"""What a reader must know of the state of the repository when two states of it are compared."""

from __future__ import annotations

from collections.abc import Iterator

from presync.change.compare import changed_files
from presync.tree import Repository, Tree, git
from presync.tree.commit import CommitTree

_SHOWN = 3


def notes(repository: Repository, base: str, tip: str, tree: Tree, merge_base: bool) -> Iterator[str]:
    """Where the branch began, what is not committed, what is not looked into; ``tip`` is the commit of ``base``."""
    commit, head = tree.commit if isinstance(tree, CommitTree) else "", repository.checked_out() or ""
    dirty = _dirty(repository, head)
    if commit == head and not dirty:
        same = f"{base} is what is checked out here, {head[:7]}"
        yield same if commit == tip else f"{base} has all that is checked out here: {head[:7]} is part of it"
    elif merge_base and commit != tip:
        further = "" if repository.is_shallow else _count(repository, f"{commit}..{tip}")
        yield (
            f"compared with {commit[:7]}, where this branch left {base}"
            + (f"; {base} is {further} further, which is left out" if further else "")
            + " (--no-merge-base compares with its tip)"
        )
    if dirty:
        names = ", ".join(dirty[:_SHOWN]) + (f" and {len(dirty) - _SHOWN} more" if len(dirty) > _SHOWN else "")
        yield f"not committed, and counted all the same: {names}"
    yield from _submodules(repository, commit)


def _ask(repository: Repository, *arguments: str) -> bytes:
    try:
        return git.run(repository.root, *arguments)
    except git.GitError:
        return b""


def _count(repository: Repository, span: str) -> str:
    number = _ask(repository, "rev-list", "--count", span).decode().strip()
    return f"{number} commit{'s' if number != '1' else ''}" if number not in ("", "0") else ""


def _dirty(repository: Repository, head: str) -> list[str]:
    """Files below the root that differ from HEAD, new ones included.

    Not by `git status`, which may run a program that the configuration of the repository names as a filter.
    """
    if repository.is_bare or not head:
        return []
    return list(changed_files(repository.at(head), repository.worktree))


def _submodules(repository: Repository, commit: str) -> Iterator[str]:
    """Folders that are other repositories: Argo CD fetches them, presync does not."""
    before = _links(_ask(repository, "ls-tree", "-r", "-z", commit), 2) if commit else {}
    now = ["ls-tree", "-r", "-z", "HEAD"] if repository.is_bare else ["ls-files", "-s", "-z"]
    after = _links(_ask(repository, *now), 2 if repository.is_bare else 1)
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            what = "is new" if old is None else "goes" if new is None else f"moves from {old[:7]} to {new[:7]}"
            yield f"the submodule {path} {what}; presync does not look into submodules, so what that does is not shown"


def _links(out: bytes, at: int) -> dict[str, str]:
    """Path to commit, from what git lists; ``at`` is the column of the object."""
    found = {}
    for line in out.decode("utf-8", "surrogateescape").split("\0"):
        meta, _, path = line.partition("\t")
        if meta.startswith("160000"):
            found[path] = meta.split()[at]
    return found
