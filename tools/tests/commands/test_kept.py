"""A second run about the same state gives what the first gave; any other state is looked at."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from presync.commands.kept import Kept
from presync.tree.repository import open_repository

from .conftest import TREE, Run, write
from .test_diff import commit, git

AGAIN = "from the cache"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The small tree, committed, with a branch on which one value differs."""
    folder = write(tmp_path / "repository", TREE | {".gitignore": ".cache/\n"})
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "first")
    git(folder, "switch", "-q", "-c", "change")
    write(folder, {"envs/dev/web/values.yaml": "level: warn\n"})
    commit(folder, "second")
    return folder


@pytest.fixture
def presync(run: Run, tmp_path: Path, repository: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """presync on that repository, with a cache of its own."""

    def call(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return run("-C", repository, *arguments, **{"PRESYNC_CACHE": str(tmp_path / "cache"), **env})

    return call


Presync = Callable[..., subprocess.CompletedProcess[str]]


def test_a_second_check_knows_and_says_so(presync: Presync) -> None:
    first, second = presync("check"), presync("check")
    assert (first.returncode, second.returncode) == (0, 0)
    assert AGAIN not in first.stdout
    assert AGAIN in second.stdout
    assert first.stdout.split(" (")[0] == second.stdout.split(" (")[0]


@pytest.mark.parametrize("output", ["json", "sarif", "github", "gitlab"])
def test_every_format_has_the_same_bytes(presync: Presync, repository: Path, output: str) -> None:
    write(repository, {"envs/dev/web/values.yaml": "level: warn\nlevl: x\n"})
    presync("check")
    kept, new = presync("check", "-o", output), presync("--no-cache", "check", "-o", output)
    assert (kept.returncode, kept.stdout) == (new.returncode, new.stdout)
    assert kept.returncode == 1


def test_what_is_shown_may_differ(presync: Presync) -> None:
    presync("check")
    one = presync("check", "web-dev", "-o", "json")
    assert [app["name"] for app in json.loads(one.stdout)["applications"]] == ["web-dev"]
    wrong = presync("check", "wob-dev")
    assert (wrong.returncode, "Did you mean" in wrong.stderr) == (2, True)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a value": lambda folder: write(folder, {"envs/dev/web/values.yaml": "level: error\n"}),
    "a new file that git does not know": lambda folder: write(folder, {"envs/dev/other/notes.txt": "x"}),
    "a file that goes": lambda folder: (folder / "envs/prod/web/values.yaml").unlink(),
    "settings": lambda folder: write(folder, {"presync.yaml": "argocd: '3.4'\n"}),
    "a link": lambda folder: (folder / "envs/dev/link").symlink_to("web"),
    "another commit of the same files": lambda folder: git(folder, "commit", "-q", "--allow-empty", "-m", "third"),
    "another remote": lambda folder: git(folder, "remote", "add", "origin", "https://git.example.com/other.git"),
    "a vendored chart": lambda folder: write(folder, {".cache/charts/sha256-0.tgz": "x"}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_state_is_looked_at(presync: Presync, repository: Path, what: str) -> None:
    presync("check")
    assert AGAIN in presync("check").stdout
    CHANGES[what](repository)
    assert AGAIN not in presync("check").stdout


def test_what_could_not_be_told_is_tried_again(presync: Presync, repository: Path) -> None:
    write(repository, {"apps/far.yaml": FAR})
    for _ in range(2):
        found = presync("check")
        assert (found.returncode, AGAIN in found.stdout) == (2, False)


FAR = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: far, namespace: argocd}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: far}
  source: {repoURL: https://charts.example.com, chart: far, targetRevision: 1.0.0}
"""


@pytest.mark.parametrize("output", ["text", "json", "markdown", "html", "sarif", "junit"])
def test_diff(presync: Presync, output: str) -> None:
    runs = [presync("diff", "main", "-o", output) for _ in range(2)]
    runs.append(presync("--no-cache", "diff", "main", "-o", output))
    assert len({(one.returncode, one.stdout, one.stderr) for one in runs}) == 1
    assert "warn" in runs[0].stdout or output in {"sarif", "junit"}


def test_diff_of_another_base(presync: Presync, repository: Path) -> None:
    before = presync("diff", "main", "-o", "json").stdout
    git(repository, "branch", "unrelated", "main")
    assert presync("diff", "main", "-o", "json").stdout == before
    git(repository, "branch", "-f", "main", "change")
    assert json.loads(presync("diff", "main", "-o", "json").stdout)["resources"] == []


def test_diff_into_a_file(presync: Presync, tmp_path: Path) -> None:
    for name in ("one", "two"):
        presync("diff", "main", "-o", "html", "--out", str(tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() != b""


def test_diff_as_wide_as_the_terminal(presync: Presync) -> None:
    wide, narrow = (presync("diff", "main", COLUMNS=width).stdout for width in ("120", "60"))
    assert presync("diff", "main", COLUMNS="120").stdout == wide
    assert presync("diff", "main", COLUMNS="60").stdout == narrow


def test_envs(presync: Presync) -> None:
    runs = [presync("envs"), presync("envs"), presync("--no-cache", "envs")]
    assert len({(one.returncode, one.stdout) for one in runs}) == 1
    assert presync("envs", "--check").returncode == 1


def test_nothing_is_kept_of_a_state_that_changed_meanwhile(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESYNC_CACHE", str(tmp_path / "cache"))

    def look() -> Kept:
        return Kept(open_repository(repository), "question")

    with look() as first:
        assert first.find() is None
        first.keep("answer")
    with look() as second:
        assert second.find() == "answer"
        assert Kept(open_repository(repository), "another question").find() is None
    write(repository, {"envs/dev/web/values.yaml": "level: one\n"})
    with look() as third:
        write(repository, {"envs/dev/web/values.yaml": "level: two\n"})
        third.keep("of one or of two?")
    assert look().find() is None
    write(repository, {"envs/dev/web/values.yaml": "level: one\n"})
    assert look().find() is None


def test_a_branch_that_was_asked_for_moves(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESYNC_CACHE", str(tmp_path / "cache"))
    opened = open_repository(repository)
    with Kept(opened, "question") as first:
        opened.resolve("main")
        opened.resolve("v1")
        first.keep("answer")
    git(repository, "branch", "unrelated")
    assert Kept(open_repository(repository), "question").find() == "answer"
    git(repository, "tag", "v1")
    assert Kept(open_repository(repository), "question").find() is None
    git(repository, "tag", "-d", "v1")
    assert Kept(open_repository(repository), "question").find() == "answer"
    git(repository, "branch", "-f", "main", "change")
    assert Kept(open_repository(repository), "question").find() is None
