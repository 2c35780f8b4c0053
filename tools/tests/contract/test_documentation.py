"""docs/contract.md shows what the programs print when its steps are followed in this repository."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.commands.conftest import PRESYNC, ROOT, copy_of_the_tree

PAGE = ROOT / "docs" / "contract.md"
SET = "charts/feature-store/featuresets/user-features.yaml"
_RUN = re.compile(r"<!-- run -->\n```console\n(.*?)```", re.DOTALL)
_HASH = re.compile(r"\b[0-9a-f]{8,64}\b")


def add_the_line(folder: Path) -> None:
    """What the page adds to the set."""
    line = re.search(r"<!-- line -->\n```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert line is not None
    text = (folder / SET).read_text("utf-8")
    assert text.count("\n  validation:\n") == 1
    (folder / SET).write_text(text.replace("\n  validation:\n", f"\n{line[1]}  validation:\n"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The working tree, committed, with every pin current."""
    folder = copy_of_the_tree(tmp_path / "platform")
    assert command(folder, "presync pin").endswith("Applications\n"), "a pin of this tree is stale: run presync pin"
    for words in ("init -q -b main", "add -A", "-c user.name=a -c user.email=a@example.com commit -q -m one"):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)
    return folder


def command(folder: Path, line: str) -> str:
    """What it prints, on both streams."""
    environment = {**os.environ, "PATH": f"{PRESYNC.parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    return subprocess.run(
        line.split(),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    ).stdout


def test_the_page_shows_a_whole_change(repository: Path) -> None:
    page = PAGE.read_text("utf-8")
    add_the_line(repository)

    def replay(block: re.Match[str]) -> str:
        lines = [f"$ {one}\n{command(repository, one)}" for one in re.findall(r"^\$ (.*)$", block[1], re.MULTILINE)]
        return f"<!-- run -->\n```console\n{''.join(lines)}```"

    replayed = _RUN.sub(replay, page)
    if os.environ.get("PRESYNC_WRITE_DOCS"):
        PAGE.write_text(replayed)
    assert _HASH.sub("…", replayed) == _HASH.sub("…", page), "PRESYNC_WRITE_DOCS=1 writes the page again"
