"""Answers kept from one run to the next, found by what was asked.

A key is the digest of the whole question, the versions of what answers it included, so nothing in here can be out of
date: what changed is another question. The file lies in the user's own cache folder, never in the repository, whose
content must not be able to answer for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = "PRESYNC_CACHE"  # where to keep it; empty or "off": nowhere
LIMIT = 512 * 1024 * 1024  # bytes; what was not used for the longest time goes first
_CHECK = 16  # bytes of digest before each answer: a file that a crash has damaged gives no wrong ones
_DAY = 24 * 3600
_SCHEMA = "CREATE TABLE IF NOT EXISTS answer (key BLOB PRIMARY KEY, used INTEGER, size INTEGER, data BLOB)"


class Store:
    """A file of answers. Safe to use from several threads, and by several processes at once."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        """Opens or makes the file; its folder is for nobody else's eyes, since answers hold what charts render.

        Raises:
            OSError: the folder cannot be made.
            sqlite3.Error: the file is none of ours and cannot be replaced.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self.path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._fresh: dict[bytes, bytes] = {}
        self._touched: set[bytes] = set()
        self._today = int(time.time()) // _DAY
        try:
            self._database = self._open()
        except sqlite3.DatabaseError:  # damaged, or of another program: it held nothing that cannot be had again
            path.unlink()
            self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=5, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=OFF")
            database.execute(_SCHEMA)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database

    def get(self, key: bytes) -> bytes | None:
        """The answer, or None where there is none."""
        with self._lock:
            data = self._fresh.get(key)
            if data is None:
                with contextlib.suppress(sqlite3.DatabaseError):  # no answer then; it is asked for again
                    row = self._database.execute("SELECT data, used FROM answer WHERE key = ?", (key,)).fetchone()
                    if row:
                        data = row[0]
                        if row[1] != self._today:
                            self._touched.add(key)
        if data is None or hashlib.sha256(data[_CHECK:]).digest()[:_CHECK] != data[:_CHECK]:
            return None
        return zlib.decompress(data[_CHECK:])

    def put(self, key: bytes, answer: bytes) -> None:
        """Keep an answer; it is written when the store is closed."""
        packed = zlib.compress(answer, 1)
        with self._lock:
            self._fresh[key] = hashlib.sha256(packed).digest()[:_CHECK] + packed

    def close(self) -> None:
        """Write what is new and let go of the file. What cannot be written is asked for again next time."""
        with self._lock, contextlib.suppress(sqlite3.DatabaseError):
            if self._fresh or self._touched:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(
                    "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)",
                    [(key, self._today, len(data), data) for key, data in self._fresh.items()],
                )
                self._database.executemany(
                    "UPDATE answer SET used = ? WHERE key = ?", [(self._today, key) for key in self._touched]
                )
                for key in self._surplus():
                    self._database.execute("DELETE FROM answer WHERE key = ?", (key,))
                self._database.execute("COMMIT")
        self._fresh.clear()
        self._touched.clear()
        self._database.close()

    def _surplus(self) -> Iterator[bytes]:
        """What has to go so that the rest fits."""
        total = self._database.execute("SELECT COALESCE(SUM(size), 0) FROM answer").fetchone()[0]
        if total <= self._limit:
            return
        rows = self._database.execute("SELECT key, size FROM answer ORDER BY used, key").fetchall()
        for key, size in rows:
            if total <= self._limit * 3 // 4:
                return
            total -= size
            yield key


@cache
def _answering() -> bytes:
    """What answers: the engine's own code and Helm's, so that another version of either is another question."""
    found = hashlib.sha256(version("helm-python-sdk").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.digest()


def question(message: Mapping[str, Any], blobs: Sequence[bytes]) -> bytes:
    """The key of what is asked of the engine."""
    found = hashlib.sha256(_answering() + json.dumps(message, sort_keys=True).encode())
    for blob in blobs:
        found.update(hashlib.sha256(blob).digest())
    return found.digest()


def default_path() -> Path | None:
    """Where a person's caches are: $PRESYNC_CACHE, else below $XDG_CACHE_HOME or ~/.cache; None: nowhere."""
    given = os.environ.get(FOLDER)
    if given is not None:
        return None if given in ("", "off") else Path(given) / "answers.sqlite"
    base = os.environ.get("XDG_CACHE_HOME") or ""
    try:
        root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    except RuntimeError:  # no home at all
        return None
    return root / "presync" / "answers.sqlite"


def open_store() -> Store | None:
    """The store of this user; None where none is wanted or none can be had.

    A folder that cannot be written is no reason to fail: everything is computed then, as without a cache.
    """
    path = default_path()
    if path is None:
        return None
    try:
        return Store(path)
    except (OSError, sqlite3.Error):
        return None
