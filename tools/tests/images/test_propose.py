"""tools/propose.sh, with real git and a gh that writes down what it was asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "propose.sh"
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$LOG"
if [ "$1 $2" = "pr list" ]; then echo "$OPEN"; fi
"""


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a repository with one values file."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    origin, work = tmp_path / "origin.git", tmp_path / "work"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(work))
    (work / "envs").mkdir()
    (work / "envs" / "values.yaml").write_text("a: 1\n")
    (work / "other").write_text("1\n")
    git(work, "add", ".")
    git(work, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "start")
    git(work, "push", "--quiet", "origin", "HEAD:main")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("OPEN", "0")
    return work


def propose(work: Path) -> str:
    words = [str(SCRIPT), "images/dev/feast", "Run 1 of feast in dev", "Built by a run"]
    return subprocess.run(words, cwd=work, capture_output=True, text=True, check=True).stdout


def asked(work: Path) -> list[str]:
    log = work.parent / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_without_a_change_nothing_happens(clone: Path) -> None:
    (clone / "other").write_text("2\n")
    assert propose(clone) == "nothing to propose\n"
    assert asked(clone) == []


def test_it_opens_a_pull_request_with_the_change_alone(clone: Path) -> None:
    (clone / "envs" / "values.yaml").write_text("a: 2\n")
    (clone / "other").write_text("2\n")
    propose(clone)
    origin = clone.parent / "origin.git"
    assert git(origin, "diff", "--name-only", "main", "images/dev/feast") == "envs/values.yaml"
    assert git(origin, "log", "-1", "--format=%an: %s", "images/dev/feast") == "image bot: Run 1 of feast in dev"
    assert any(line.startswith("pr create --head images/dev/feast --base main") for line in asked(clone))


def test_an_open_one_is_replaced(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone / "envs" / "values.yaml").write_text("a: 2\n")
    propose(clone)
    git(clone, "switch", "--quiet", "main")
    git(clone, "branch", "--quiet", "-D", "images/dev/feast")
    (clone / "envs" / "values.yaml").write_text("a: 3\n")
    monkeypatch.setenv("OPEN", "1")
    propose(clone)
    origin = clone.parent / "origin.git"
    assert git(origin, "show", "images/dev/feast:envs/values.yaml") == "a: 3"
    assert git(origin, "rev-list", "--count", "main..images/dev/feast") == "1"
    assert asked(clone)[-1].startswith("pr edit images/dev/feast")
