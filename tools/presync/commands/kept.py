"""Whole results kept from one run to the next: asked the same of the same state, presync need not look again."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Self

from presync.engine.store import open_store
from presync.findings.verdict import UNDETERMINED
from presync.settings import load_settings
from presync.tree.model import TreeError
from presync.tree.repository import Repository
from presync.tree.state import state

_PACKAGE = Path(__file__).parent.parent


class Kept:
    """What one question got for an answer, if anybody asked it before about just this state.

    The key holds all that an answer can depend on: every file, the commit that is checked out, presync's own code and
    the packages it uses, the day (waivers end), and what was asked. Branches and tags that the work asked for have to
    stand for the same commits still. Only what could be told is kept: a render that took too long, or a chart that was
    not there, is tried again.
    """

    def __init__(self, repository: Repository, *question: object) -> None:
        self._repository = repository
        self._question = question
        self._store = open_store()
        self._key = self._asked(repository) if self._store else None

    def find(self) -> str | None:
        """The answer, or None where there is none."""
        if self._store is None or self._key is None:
            return None
        before = self._store.get(self._key)
        if before is None:
            return None
        found = json.loads(before)
        return str(found["answer"]) if self._repository.answers(found["names"]) else None

    def keep(self, answer: str) -> None:
        """Remember it, unless something has changed meanwhile: nobody knows which state it is about then."""
        if self._store is None or self._key is None:
            return
        names = self._repository.asked
        again = Repository(self._repository.root, self._repository.is_git)
        if self._asked(again) == self._key and again.answers(names):
            self._store.put(self._key, json.dumps({"names": names, "answer": answer}).encode())

    def close(self) -> None:
        """Write what is to be kept."""
        if self._store is not None:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, repository: Repository) -> bytes | None:
        today = datetime.datetime.now(tz=datetime.UTC).date()
        found = hashlib.sha256(_code())
        found.update(json.dumps([str(today), self._question], default=str).encode())
        try:
            found.update(state(repository))
            for name in _vendored(repository):
                found.update(name.encode(errors="surrogateescape") + b"\0")
        except (TreeError, OSError):
            return None  # whoever needs that file says what is wrong with it
        return found.digest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb prints, and its exit status."""

    text: str
    code: int


def answered(repository: Repository, question: Sequence[object], compute: Callable[[], Answer]) -> Answer:
    """The answer as it was printed before, or a new one."""
    with Kept(repository, *question, shutil.get_terminal_size(), sys.stdout.isatty()) as kept:
        before = kept.find()
        if before is not None:
            return Answer(**json.loads(before))
        answer = compute()
        if answer.code != UNDETERMINED:
            kept.keep(json.dumps(asdict(answer)))
        return answer


def _vendored(repository: Repository) -> Iterator[str]:
    """The remote charts that are here: git ignores their folder. Their contents are what the lock file says."""
    folder = repository.root / load_settings(repository.worktree).vendor
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        yield f"{path.relative_to(folder)} {path.lstat().st_size}"


@cache
def _code() -> bytes:
    """presync itself, every file of it, and the packages beside it by their versions."""
    found = hashlib.sha256(sys.version.encode())
    for folder, folders, files in os.walk(_PACKAGE):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            found.update(Path(folder, name).read_bytes())
    for place in map(Path, sys.path):
        if place.name in ("site-packages", "dist-packages") and place.is_dir():
            found.update("\0".join(sorted(path.name for path in place.glob("*-info"))).encode())
    return found.digest()
