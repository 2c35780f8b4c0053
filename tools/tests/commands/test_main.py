"""The entry point: whatever happens, the exit status means what it says."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import pytest

from presync import commands
from presync.base.errors import PresyncError


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (ZeroDivisionError("oops"), 2, "internal error, ZeroDivisionError: oops"),
        (PresyncError("no such thing", "Do this."), 2, "Do this."),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_exceptions(
    raised: BaseException,
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def invoke(*_: Any) -> NoReturn:
        raise raised

    monkeypatch.setattr(commands.cli, "invoke", invoke)
    monkeypatch.setattr(sys, "argv", ["presync", "check"])
    with pytest.raises(SystemExit) as caught:
        commands.main()
    assert caught.value.code == status
    assert said in capsys.readouterr().err


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    def invoke(*_: Any) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr(commands.cli, "invoke", invoke)
    monkeypatch.setattr(sys, "argv", ["presync", "check"])
    monkeypatch.setenv("PRESYNC_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        commands.main()
