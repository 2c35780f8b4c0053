"""Starting exporters on loopback, and asking them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 90.0


class Unavailable(Exception):
    """A program is not here, or does not answer; the text says which."""


def program(*names: str) -> str:
    """The first of these programs that is on PATH, or in a folder of PRESYNC_EXPORTERS.

    Raises:
        Unavailable: none is.
    """
    path = os.pathsep.join(filter(None, (os.environ.get("PRESYNC_EXPORTERS"), os.environ.get("PATH"), "/usr/sbin")))
    for name in names:
        found = shutil.which(name, path=path)
        if found:
            return found
    raise Unavailable(f"{' or '.join(names)} is not installed")


def port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def get(url: str) -> str:
    """The body of a page."""
    if not url.startswith("http://127.0.0.1:"):
        raise ValueError(url)
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback, checked above
        text: str = answer.read().decode("utf-8", "replace")
        return text


def wait_for(url: str, seconds: float = START_SECONDS) -> str:
    """The body as soon as there is one.

    Raises:
        Unavailable: not within the time.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return get(url)
        except (OSError, urllib.error.URLError) as error:
            if time.monotonic() > end:
                raise Unavailable(f"{url} does not answer: {error}") from None
        time.sleep(0.2)


@contextmanager
def running(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """The program while the block runs; its children end with it, and its log stays in the folder."""
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
