"""Which tree a ``repoURL`` and a revision mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from presync.tree import Repository, Tree, TreeError
from presync.tree.repository import canonical_url


class SourceUnavailable(Exception):
    """presync has not got the files of this source; ``remedy`` says how it could."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Repositories:
    """The one repository presync reads, known under several URLs.

    ``head`` is the tree under review. A source that asks for the branch under review, or for HEAD, means that tree;
    any other revision is read from git's objects.
    """

    repository: Repository
    head: Tree
    urls: frozenset[str]  # canonical
    branches: frozenset[str]  # revisions that mean ``head``

    @classmethod
    def of(cls, repository: Repository, head: Tree, urls: Iterable[str], branches: Iterable[str]) -> Repositories:
        """``branches`` are names; the empty revision and HEAD always mean the tree under review."""
        names = {name for branch in branches if branch for name in (branch, f"refs/heads/{branch}")}
        return cls(repository, head, frozenset(canonical_url(url) for url in urls), frozenset({"", "HEAD", *names}))

    def is_this(self, url: str) -> bool:
        """Whether ``url`` is this repository."""
        return canonical_url(url) in self.urls

    def tree(self, url: str, revision: str) -> Tree:
        """The files of ``url`` at ``revision``.

        Raises:
            SourceUnavailable: another repository, or a revision that is not here.
        """
        if not self.is_this(url):
            raise SourceUnavailable(
                f"{url} is another repository",
                "presync reads this repository only; list the URL under `repository:` in presync.yaml if it is this "
                "one, or under `externals:` if it is not rendered on purpose.",
            )
        if revision in self.branches:
            return self.head
        try:
            return self.repository.at(revision)
        except TreeError:
            raise SourceUnavailable(
                f"revision {revision!r} is not in this repository",
                "Check the name; in a shallow clone, fetch it first (git fetch origin "
                f"{'REVISION' if revision.startswith('-') else revision}).",
            ) from None
