"""Where a changed file differs."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from presync.change.model import Change
from presync.tree import Tree, TreeError

_COMPARED = 4_000  # lines of a file in which changed places are looked for


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that is ``added``, ``removed`` or ``changed``, and where: the first line of each place, as it is now."""

    path: str
    kind: str
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}:{self.lines[0]}" if self.lines else self.path


def changed_file(change: Change, path: str) -> ChangedFile:
    """The places of a file, looked for once."""
    known: dict[str, ChangedFile] = change.memo.setdefault("changed files", {})
    if path not in known:
        before, after = _lines(change.base.tree, path), _lines(change.head.tree, path)
        if before is None or after is None:
            kind = "added" if before is None and after is not None else "removed" if after is None else "changed"
            known[path] = ChangedFile(path, kind)
        else:
            known[path] = ChangedFile(path, "changed", tuple(_places(before, after)))
    return known[path]


def _places(before: list[str], after: list[str]) -> list[int]:
    if max(len(before), len(after)) > _COMPARED:
        return []
    return [
        min(start + 1, max(1, len(after)))
        for tag, _, _, start, _ in difflib.SequenceMatcher(None, before, after).get_opcodes()
        if tag != "equal"
    ]


def _lines(tree: Tree, path: str) -> list[str] | None:
    try:
        return tree.read(path).decode("utf-8", "replace").split("\n") if tree.is_file(path) else None
    except TreeError:
        return None
