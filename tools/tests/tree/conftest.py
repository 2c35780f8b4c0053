"""A small git repository."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Runs git in a fresh repository at tmp_path/repo."""
    folder = tmp_path / "repo"
    folder.mkdir()

    def run(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *identity, "-C", str(folder), *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    run("init", "-q", "-b", "main")
    return run
