"""Renders that are used again, for another state of the tree in which everything they asked for is the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from presync.argocd.context import Context
from presync.argocd.model import Application
from presync.tree import Tree, notes

T = TypeVar("T")
_OWN_COMMIT = "ARGOCD_APP_REVISION"  # https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/
_OVERRIDES = ".argocd-source"  # files that may mention it too


@dataclass(frozen=True)
class _Kept(Generic[T]):
    """One result, and what it rests on."""

    application: Application
    context: Context
    api_versions: tuple[str, ...]
    asked: frozenset[notes.Note]
    result: T


@dataclass
class Memory(Generic[T]):
    """What was rendered, by the name of the Application. Safe to use from several threads."""

    _kept: dict[tuple[str, str], _Kept[T]] = field(default_factory=dict)
    _answers: dict[notes.Note, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, application: Application, context: Context, api_versions: Iterable[str]) -> T | None:
        """The result for the same Application in the same surroundings, if the trees answer as they did then."""
        with self._lock:
            kept = self._kept.get((application.namespace, application.name))
        if kept is None or kept.application != application or kept.api_versions != tuple(api_versions):
            return None
        if not _alike(kept.context, context):
            return None
        before, now = kept.context.repositories.head, context.repositories.head
        for tree, what, path in kept.asked:
            # Every other tree is a commit or an archive, which stays what it is.
            if tree is before and self._answer(now, what, path) != self._answer(before, what, path):
                return None
        return kept.result

    def keep(
        self,
        application: Application,
        context: Context,
        api_versions: Iterable[str],
        asked: Iterable[notes.Note],
        result: T,
    ) -> None:
        """Remember the first result of an Application, unless it may hold the commit it was rendered from."""
        found = frozenset(asked)
        if _OWN_COMMIT in json.dumps([one.raw for one in application.sources], default=str):
            return
        if any(what == "content" and path.rpartition("/")[2].startswith(_OVERRIDES) for _, what, path in found):
            return
        kept = _Kept(application, context, tuple(api_versions), found, result)
        with self._lock:
            self._kept.setdefault((application.namespace, application.name), kept)

    def _answer(self, tree: Tree, what: str, path: str) -> Any:
        key = (tree, what, path)
        if key not in self._answers:
            self._answers[key] = notes.answer(tree, what, path)
        return self._answers[key]


def _alike(one: Context, other: Context) -> bool:
    """Whether rendering depends on nothing else that differs."""
    mine, theirs = one.repositories, other.repositories
    return (
        one.settings == other.settings
        and one.control_plane == other.control_plane
        and (mine.repository, mine.urls, mine.branches) == (theirs.repository, theirs.urls, theirs.branches)
    )
