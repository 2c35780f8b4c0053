"""Working trees and commits look alike, and nothing leads out of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from presync.base.errors import PresyncError
from presync.tree import MAX_FILE_BYTES, TreeError, open_repository
from presync.tree.repository import canonical_url, find_root

from .conftest import Git


@pytest.fixture
def folder(tmp_path: Path, git: Git) -> Path:
    root = tmp_path / "repo"
    (root / "charts/a").mkdir(parents=True)
    (root / "charts/a/Chart.yaml").write_text("name: a\n")
    (root / "charts/a/ü b.txt").write_text("x")
    (root / "link").symlink_to("charts/a")
    (root / "out").symlink_to("../../etc")
    (root / "loop").symlink_to("loop")
    (root / ".gitignore").write_text("ignored/\n")
    git("add", "-A")
    git("commit", "-qm", "first")
    (root / "ignored").mkdir()
    (root / "ignored/x").write_text("x")
    return root


def test_worktree_and_commit_agree(folder: Path) -> None:
    repository = open_repository(folder)
    for tree in (repository.worktree, repository.at("main"), repository.at("HEAD")):
        assert tree.paths == (".gitignore", "charts/a/Chart.yaml", "charts/a/ü b.txt", "link", "loop", "out")
        assert tree.read("charts/a/Chart.yaml") == b"name: a\n"
        assert tree.read("link/Chart.yaml") == b"name: a\n"
        assert tree.is_file("charts/a/Chart.yaml") and not tree.is_file("charts/a")
        assert tree.is_folder("charts") and tree.is_folder("link") and not tree.is_folder("chart")
        assert list(tree.below("charts")) == ["charts/a/Chart.yaml", "charts/a/ü b.txt"]
        assert tree.escaping_links == ("out",)


@pytest.mark.parametrize("path", ["out/passwd", "../x", "nope", "charts", "loop", "link/../../../etc/passwd"])
def test_unreadable(folder: Path, path: str) -> None:
    repository = open_repository(folder)
    for tree in (repository.worktree, repository.at("main")):
        with pytest.raises(TreeError):
            tree.read(path)


def test_new_files_count_and_deleted_ones_do_not(folder: Path) -> None:
    (folder / "new.yaml").write_text("a: 1\n")
    (folder / "charts/a/Chart.yaml").unlink()
    tree = open_repository(folder).worktree
    assert tree.is_file("new.yaml") and not tree.is_file("charts/a/Chart.yaml")


def test_large_files_are_refused(folder: Path) -> None:
    with (folder / "big.yaml").open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(TreeError, match="at most"):
        open_repository(folder).worktree.read("big.yaml")


@pytest.mark.parametrize("revision", ["--upload-pack=touch /tmp/x", "-h", "", "nope", "a\nb", "main:charts", "a\0b"])
def test_revisions_that_are_none(folder: Path, revision: str) -> None:
    repository = open_repository(folder)
    assert repository.resolve(revision) is None
    with pytest.raises(TreeError):
        repository.at(revision)


def test_revisions(folder: Path, git: Git) -> None:
    git("tag", "v1")
    (folder / "charts/a/Chart.yaml").write_text("name: b\n")
    git("commit", "-qam", "second")
    repository = open_repository(folder)
    assert repository.at("v1").read("charts/a/Chart.yaml") == b"name: a\n"
    assert repository.at(git("rev-parse", "--short", "HEAD")).read("charts/a/Chart.yaml") == b"name: b\n"
    assert (repository.branch, repository.default_branch) == ("main", "main")
    git("checkout", "-q", "--detach")
    assert open_repository(folder).branch == ""


def test_a_folder_inside_a_repository_is_a_tree_of_its_own(folder: Path) -> None:
    repository = open_repository(folder / "charts")
    assert repository.worktree.paths == ("a/Chart.yaml", "a/ü b.txt")
    assert repository.at("main").paths == ("a/Chart.yaml", "a/ü b.txt")
    assert open_repository(folder / "ignored").worktree.paths == ("x",)
    assert find_root(folder / "charts/a") == folder
    (folder / "charts/presync.yaml").write_text("")
    assert find_root(folder / "charts/a") == folder / "charts"


def test_without_git(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.yaml").write_text("x: 1\n")
    (tmp_path / "out").symlink_to("/etc")
    tree = open_repository(tmp_path).worktree
    assert tree.paths == ("a/b.yaml", "out")
    assert tree.escaping_links == ("out",)


def test_bare_repository(folder: Path, tmp_path: Path, git: Git) -> None:
    git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert open_repository(tmp_path / "bare.git").worktree.is_file("charts/a/Chart.yaml")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(PresyncError, match="not a folder"):
        open_repository(tmp_path / "nope")


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/org/repo.git",
        "https://git.example.com/org/repo",
        "https://user@GIT.example.com:443/org/repo/",
        "git@git.example.com:org/repo.git",
        "ssh://git@git.example.com/org/repo.git",
        "ssh://git@git.example.com:22/Org/repo",
    ],
)
def test_one_repository_many_urls(url: str) -> None:
    assert canonical_url(url) == "git.example.com/org/repo"
