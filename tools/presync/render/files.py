"""Walking a tree the way programs walk a checkout: folders that are links are entered."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from presync.tree import Tree

MAX_LINKS = 16  # links to folders on one path; a checkout would end in ELOOP


def walk(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """Every file below ``folder``: its path relative to it, and the path to read it by; links to folders are followed.

    A link that leads nowhere comes out as a file that cannot be read.
    """
    yield from _walk(tree, folder, "", 0)


def _walk(tree: Tree, folder: str, prefix: str, links: int) -> Iterator[tuple[str, str]]:
    cut = len(folder) + 1 if folder else 0
    for path in tree.below(folder):
        relative = prefix + path[cut:]
        if tree.is_folder(path):
            target = tree.resolve(path)
            if links < MAX_LINKS and target is not None:
                yield from _walk(tree, target, f"{relative}/", links + 1)
        else:
            yield relative, path


def join(folder: str, path: str) -> str | None:
    """``path`` relative to ``folder`` (from the root with a leading slash), cleaned; None when it leaves the root."""
    joined = posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path))
    if joined == ".." or joined.startswith(("../", "/")):
        return None
    return "" if joined == "." else joined


def walk_key(path: str) -> list[str]:
    """Sorts paths into the order in which Go's filepath.Walk meets them."""
    return path.split("/")
