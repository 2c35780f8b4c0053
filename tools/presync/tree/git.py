"""Running git, with nothing a repository says able to run a command or reach the network."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

_SAFE = (
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.pager=cat",
    "-c",
    "protocol.allow=never",
    "-c",
    "core.quotePath=false",
    "--no-optional-locks",
)
TIMEOUT = 60.0


class GitError(Exception):
    """git said no; the message is its own last line."""


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**kept, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}


def run(folder: Path, *arguments: str, timeout: float = TIMEOUT) -> bytes:
    """Standard output of ``git ARGUMENTS`` in ``folder``.

    Raises:
        GitError: git is missing, failed, or took longer than a minute, or than ``timeout`` seconds.
    """
    try:
        done = subprocess.run(
            ["git", *_SAFE, "-C", str(folder), *arguments],
            capture_output=True,
            env=_environment(),
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} did not finish in {timeout:.0f} s") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(lines[-1] if lines else f"git {arguments[0]} failed")
    return done.stdout


class Objects:
    """``git cat-file --batch``: one process for all objects of a repository."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["git", *_SAFE, "-C", str(folder), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )
        self._lock = threading.Lock()

    def read(self, name: str) -> bytes:
        """The content of the object with this id."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise GitError("git cat-file has no pipe")
        with self._lock:
            stdin.write(name.encode() + b"\n")
            stdin.flush()
            header = stdout.readline().decode().split()
            if len(header) != 3:
                raise GitError(f"object {name} is not here; is this a shallow or partial clone?")
            data = stdout.read(int(header[2]))
            stdout.read(1)
            return data

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(timeout=10)
