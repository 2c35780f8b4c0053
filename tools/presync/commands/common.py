"""What several verbs share: opening the platform with progress, choosing Applications, printing."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from presync.base.errors import PresyncError
from presync.engine import Engine
from presync.engine.client import TIMEOUT
from presync.engine.store import open_store
from presync.tree.repository import Repository, find_root, open_repository

if TYPE_CHECKING:
    from presync.platform.model import Platform

N = TypeVar("N", bound="Named")


class Progress:
    """One line on standard error that is redrawn, only on a terminal and only after a second."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._enabled = sys.stderr.isatty()
        self._shown = False
        self._last = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._enabled or now - self._start < 1 or now - self._last < 0.1:
            return
        self._last = now
        count = f"{done}/{total} " if total else ""
        sys.stderr.write(f"\r\x1b[2K{count}{what}"[:100])
        sys.stderr.flush()
        self._shown = True

    def clear(self) -> None:
        """Remove the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


@contextmanager
def opened(folder: Path | None) -> Iterator[Platform]:
    """The rendered platform of the repository the user means."""
    with rendered(meant(folder)) as platform:
        yield platform


def meant(folder: Path | None) -> Repository:
    """The repository the user means: the folder given, else the one around the current folder."""
    return open_repository(folder or find_root(Path.cwd()))


@contextmanager
def rendered(repository: Repository) -> Iterator[Platform]:
    """The platform as it lies there."""
    progress = Progress()
    with started(repository) as engine:
        # Imported only now: the workers load Helm while this process loads the rest.
        from presync.platform.load import load  # noqa: PLC0415

        try:
            platform = load(repository, engine, progress=progress)
        finally:
            progress.clear()
        yield platform


@contextmanager
def started(repository: Repository) -> Iterator[Engine]:
    """The engine, with the answers of earlier runs. Workers start at once where there are none yet for this place."""
    store = open_store()
    seen = hashlib.sha256(f"seen {repository.root}".encode()).digest()
    with Engine(timeout=render_timeout(), store=store) as engine:
        if store is None or store.get(seen) is None:
            engine.start()
        yield engine
        if store is not None:
            store.put(seen, b"")


def render_timeout() -> float:
    """Seconds one render may take: PRESYNC_RENDER_TIMEOUT, else the engine's default."""
    text = os.environ.get("PRESYNC_RENDER_TIMEOUT", "")
    try:
        seconds = float(text) if text else TIMEOUT
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise PresyncError(f"PRESYNC_RENDER_TIMEOUT is {text!r}", "Give seconds, for example 60.")
    return seconds


class Named(Protocol):
    """An Application, or what is left of one."""

    @property
    def name(self) -> str: ...

    @property
    def environment(self) -> str: ...


def choose(
    applications: Sequence[N], environments: Sequence[str], names: Sequence[str], environment: str | None = None
) -> list[N]:
    """Those with these names or globs; all when none is given.

    Raises:
        PresyncError: a name that fits no Application, with the likely one.
    """
    entries = [one for one in applications if not environment or one.environment == environment]
    if environment and not entries:
        known = ", ".join(environments) or "none"
        raise PresyncError(f"there is no environment {environment!r}", f"Environments here: {known}.")
    if not names:
        return entries
    chosen: dict[int, N] = {}
    for name in names:
        matching = [entry for entry in entries if fnmatch.fnmatchcase(entry.name, name)]
        if not matching:
            raise PresyncError(
                f"there is no Application {name!r}", _suggestion(name, [entry.name for entry in entries])
            )
        chosen.update({id(entry): entry for entry in matching})
    return list(chosen.values())


def _suggestion(name: str, known: Sequence[str]) -> str:
    import difflib  # noqa: PLC0415 - only for a mistyped name

    close = difflib.get_close_matches(name, known, 3, 0.5)
    return f"Did you mean {' or '.join(close)}?" if close else "`presync apps` lists what there is."
