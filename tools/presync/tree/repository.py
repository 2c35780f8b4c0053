"""A repository: its working tree, its commits, and the names it is known by."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from presync.base.errors import PresyncError
from presync.tree import git
from presync.tree.commit import CommitTree
from presync.tree.model import Tree, TreeError
from presync.tree.worktree import WorkTree

_SCP = re.compile(r"^(?:[\w.-]+@)?([\w.-]+):(?!//)(.+)$")


@dataclass(frozen=True)
class Repository:
    """A folder, in git or not. ``root`` is what the paths of every tree are relative to."""

    root: Path
    is_git: bool
    _commits: dict[str, Tree] = field(default_factory=dict, compare=False, repr=False)
    _resolved: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)
    _asked: dict[str, str | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def worktree(self) -> Tree:
        """The files as they lie on the disk (the HEAD commit of a bare repository)."""
        if self.is_bare:
            return self.at("HEAD")
        return WorkTree(self.root, tracked=self.is_git)

    @cached_property
    def is_bare(self) -> bool:
        """A repository without files on the disk."""
        return self.is_git and git.run(self.root, "rev-parse", "--is-bare-repository").strip() == b"true"

    @cached_property
    def is_shallow(self) -> bool:
        """A clone without the beginning of its history."""
        try:
            return self.is_git and git.run(self.root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        except git.GitError:
            return False

    @cached_property
    def remotes(self) -> tuple[str, ...]:
        """The URLs of every remote, ``origin`` first."""
        if not self.is_git:
            return ()
        try:
            out = git.run(self.root, "config", "--get-regexp", r"^remote\..*\.url$").decode("utf-8", "replace")
        except git.GitError:
            return ()  # exit 1: none is set
        pairs = [line.split(" ", 1) for line in out.splitlines() if " " in line]
        return tuple(url for _, url in sorted(pairs, key=lambda pair: pair[0] != "remote.origin.url"))

    @cached_property
    def branch(self) -> str:
        """The branch that is checked out; empty when there is none."""
        if not self.is_git:
            return ""
        try:
            return git.run(self.root, "symbolic-ref", "--short", "-q", "HEAD").decode().strip()
        except git.GitError:
            return ""

    @cached_property
    def default_branch(self) -> str:
        """What ``origin/HEAD`` points to, else a local ``main`` or ``master``, else the current branch."""
        if not self.is_git:
            return ""
        try:
            head = git.run(self.root, "symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD").decode().strip()
            return head.removeprefix("origin/")
        except git.GitError:
            names = [name for name in ("main", "master") if self.resolve(name)]
            return names[0] if names else self.branch

    def checked_out(self, revision: str = "HEAD") -> str | None:
        """The commit that is checked out here, or one named from it (``HEAD~1``, ``@{u}``); None when it is not here.

        :meth:`resolve` takes HEAD as Argo CD does, for the remote's default branch where that is known.
        """
        return self._verified(revision)

    def resolve(self, revision: str) -> str | None:
        """The commit a branch, tag or commit id names, remote branches included; None when it is not here."""
        if revision not in self._resolved:
            self._resolved[revision] = self._resolve(revision)
        return self._resolved[revision]

    def _resolve(self, revision: str) -> str | None:
        if not self.is_git or not revision or revision.startswith("-") or "\0" in revision or "\n" in revision:
            return None
        for name in (f"refs/heads/{revision}", f"refs/remotes/origin/{revision}", f"refs/tags/{revision}", revision):
            commit = self._verified(name)
            if commit is not None:
                return commit
        return None

    @property
    def asked(self) -> dict[str, str | None]:
        """Every name that was asked for so far, as git takes it, and the commit it stands for."""
        return dict(self._asked)

    def answers(self, asked: Mapping[str, str | None]) -> bool:
        """Whether names stand for these commits still."""
        return all(self._verified(name) == commit for name, commit in asked.items())

    def _verified(self, name: str) -> str | None:
        if name not in self._asked:
            self._asked[name] = self._commit(name)
        return self._asked[name]

    def _commit(self, name: str) -> str | None:
        try:
            out = git.run(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except git.GitError:
            return None
        return out.decode().strip()

    def at(self, revision: str) -> Tree:
        """The files of a commit.

        Raises:
            TreeError: the revision is not in this repository.
        """
        commit = self.resolve(revision)
        if commit is None:
            raise TreeError(revision, "is not a branch, tag or commit of this repository")
        if commit not in self._commits:
            self._commits[commit] = CommitTree(self.root, commit, f"{revision} ({commit[:7]})", self._prefix)
        return self._commits[commit]

    @cached_property
    def _prefix(self) -> str:
        """Folder of the git repository that ``root`` is, when it is not its top."""
        return os.fsdecode(git.run(self.root, "rev-parse", "--show-prefix")).rstrip("\n/") if self.is_git else ""


def open_repository(folder: Path) -> Repository:
    """The repository whose root is ``folder``; paths in Argo CD's manifests are relative to it.

    A folder inside a larger git repository is a tree of its own (that is how fixtures and monorepo parts are checked).

    Raises:
        PresyncError: no such folder, or git refuses to read it.
    """
    if not folder.is_dir():
        raise PresyncError(f"{folder} is not a folder", "Give the folder of the GitOps repository with -C.")
    folder = folder.resolve()
    try:
        git.run(folder, "rev-parse", "--git-dir")
    except git.GitError as error:
        if "dubious ownership" in str(error) or "safe.directory" in str(error):
            raise PresyncError(
                f"git refuses to read {folder}: it belongs to another user",
                f"Run: git config --global --add safe.directory {folder}",
            ) from None
        return Repository(folder, is_git=False)
    return Repository(folder, is_git=not _ignored(folder))


def find_root(start: Path) -> Path:
    """The nearest folder upwards with a ``presync.yaml``, else the top of the git repository, else ``start``."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "presync.yaml").is_file():
            return folder
    try:
        return Path(os.fsdecode(git.run(start, "rev-parse", "--show-toplevel")).rstrip("\n"))
    except git.GitError:
        return start


def _ignored(folder: Path) -> bool:
    """Whether a surrounding repository ignores this folder, so that git would list none of its files."""
    try:
        if not git.run(folder, "rev-parse", "--show-prefix").strip():
            return False  # the top of a repository of its own
        git.run(folder.parent, "check-ignore", "-q", folder.name)
    except git.GitError:
        return False
    return True


def canonical_url(url: str) -> str:
    """One spelling for the URLs that name the same repository, as Argo CD compares them.

    Scheme, user, port 22/443, trailing ``.git`` and case of the host do not matter
    (https://github.com/argoproj/argo-cd/blob/master/util/git/git.go, NormalizeGitURL).
    """
    url = url.strip()
    scp = _SCP.match(url)
    if scp and "://" not in url:
        url = f"ssh://{scp[1]}/{scp[2]}"
    url = re.sub(r"^[a-z+]+://", "", url, flags=re.IGNORECASE)
    url = url.rsplit("@", 1)[-1] if "@" in url.split("/", 1)[0] else url
    host, _, path = url.partition("/")
    host = re.sub(r":(?:22|443|80)$", "", host.lower())
    return f"{host}/{path.strip('/').removesuffix('.git').lower()}"
