"""What is asked of trees, noted while something is computed, so that it need not be computed again.

Whatever is computed from trees depends on the answers they gave and on nothing else of them: which files are there,
what is in them, where links lead. Another tree that gives the same answers gives the same result. So what a render
depends on is what it really asked, a file that was missing included, and is never guessed from names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from presync.tree.model import Tree

Note = tuple["Tree", str, str]  # the tree, what was asked, the path


class _Notes(threading.local):
    """Each thread computes its own things."""

    current: set[Note] | None = None


_NOTES = _Notes()


def note(tree: Tree, what: str, path: str = "") -> None:
    """Remember a question, where anybody wants to know."""
    if _NOTES.current is not None:
        _NOTES.current.add((tree, what, path))


def repeat(earlier: Iterable[Note]) -> None:
    """Remember the questions of a result that was computed before and is used again."""
    if _NOTES.current is not None:
        _NOTES.current.update(earlier)


@contextmanager
def noting() -> Iterator[set[Note]]:
    """Everything asked in this thread meanwhile; whoever noted outside gets it too."""
    outer, own = _NOTES.current, set[Note]()
    _NOTES.current = own
    try:
        yield own
    finally:
        _NOTES.current = outer
        if outer is not None:
            outer |= own


_ANSWERS: dict[str, Callable[[Tree, str], Any]] = {
    "paths": lambda tree, _: tree.paths,
    "folders": lambda tree, _: tree.folders,
    "escaping_links": lambda tree, _: tree.escaping_links,
    "is_file": lambda tree, path: tree.is_file(path),
    "is_folder": lambda tree, path: tree.is_folder(path),
    "below": lambda tree, path: tuple(tree.below(path)),
    "content": lambda tree, path: tree.content(path),
    "resolve": lambda tree, path: tree.resolve(path),
}


def answer(tree: Tree, what: str, path: str) -> Any:
    """What the tree says to such a question; of a content its digest."""
    return _ANSWERS[what](tree, path)
