"""The hidden prompt, on a real terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Pair, open_sealed

PRESYNC = Path(sys.executable).parent / "presync"
LIMIT = 60.0


class Terminal:
    """presync on a pseudo-terminal of its own; what it shows, and what is typed."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.shown = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:  # the child: only exec from here on
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it
            os.chdir(folder)
            os.execv(PRESYNC, [str(PRESYNC), *arguments])  # noqa: S606

    def _read(self, until: bytes | None) -> None:
        end = time.monotonic() + LIMIT
        while until is None or until not in self.shown:
            if not select.select([self.master], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError(f"nothing more after {self.shown!r}")
            try:
                data = os.read(self.master, 4096)
            except OSError:  # Linux: the other side was closed
                data = b""
            if not data:
                if until is None:
                    return
                raise AssertionError(f"ended before {until!r}: {self.shown!r}")
            self.shown += data

    def answer(self, prompt: bytes, typed: bytes) -> None:
        """Wait for the prompt, then type."""
        self._read(prompt)
        self.shown = self.shown.partition(prompt)[0] + self.shown.partition(prompt)[2].replace(prompt, b"")
        os.write(self.master, typed)

    def end(self) -> tuple[int, str]:
        """Exit status and everything shown."""
        self._read(None)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        return os.waitstatus_to_exitcode(status), self.shown.decode()


@pytest.fixture
def arguments(tmp_path: Path, pair: Pair) -> Iterator[list[str]]:
    (tmp_path / "c.pem").write_bytes(pair.pem)
    yield ["seal", "--cert", "c.pem", "-n", "ns", "--name", "a", "--key", "password", "--out", "o.yaml"]


def test_asked_twice_unseen(tmp_path: Path, arguments: list[str], pair: Pair) -> None:
    terminal = Terminal(tmp_path, *arguments)
    terminal.answer(b"password of ns/a: ", b"\n")
    terminal.answer(b"password of ns/a: ", b"geheim 1\n")
    terminal.answer(b"again: ", b"geheim 2\n")
    terminal.answer(b"password of ns/a: ", "gehéim".encode() + b"\n")
    terminal.answer(b"again: ", "gehéim".encode() + b"\n")
    code, shown = terminal.end()
    assert code == 0, shown
    assert "It is empty." in shown and "The two differ." in shown
    assert "geh" not in shown
    assert open_sealed(pair.key, (tmp_path / "o.yaml").read_text()) == {"password": "gehéim".encode()}


def test_gives_up(tmp_path: Path, arguments: list[str]) -> None:
    terminal = Terminal(tmp_path, *arguments)
    for _ in range(3):
        terminal.answer(b"password of ns/a: ", b"\n")
    code, shown = terminal.end()
    assert code == 2
    assert "no value for password after 3 attempts; nothing was written" in shown
    assert not (tmp_path / "o.yaml").exists()


@pytest.mark.parametrize(
    ("typed", "code", "words"), [(b"\x03", 130, "interrupted"), (b"\x04", 2, "terminal was closed")]
)
def test_interrupted(tmp_path: Path, arguments: list[str], typed: bytes, code: int, words: str) -> None:
    terminal = Terminal(tmp_path, *arguments)
    terminal.answer(b"password of ns/a: ", b"geheim\n")
    terminal.answer(b"again: ", typed)
    ended, shown = terminal.end()
    assert (ended, words in shown, "geheim" in shown, "Traceback" in shown) == (code, True, False, False), shown
    assert not (tmp_path / "o.yaml").exists()


def test_nothing_to_seal_on_a_terminal(tmp_path: Path, arguments: list[str]) -> None:
    code, shown = Terminal(tmp_path, "seal", "--cert", "c.pem").end()
    assert code == 2
    assert "there is nothing to seal" in shown
    code, shown = Terminal(tmp_path, *arguments[:7], "--from-file", "password=-").end()
    assert code == 2
    assert "that is a terminal" in shown
