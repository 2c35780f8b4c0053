"""A folder answers as the repository it is called."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.api import Client
from controlplane.gitserve import Server, Table, commit_tree, git


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    (folder / "secret.txt").write_text("x", encoding="utf-8")
    (folder / ".gitignore").write_text("secret.txt\n", encoding="utf-8")
    return folder


@pytest.fixture
def server(tmp_path: Path, tree: Path) -> Iterator[str]:
    commit_tree(tree, tmp_path / "r.git", ("refs/tags/v1",))
    urls = {"http://127.0.0.1/org/x.git": tmp_path / "r.git", "http://127.0.0.1/charts": tree}
    (tmp_path / "table").write_text(json.dumps({url: str(path) for url, path in urls.items()}), encoding="utf-8")
    made = Server(0, Table(tmp_path / "table"), None)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_the_same_files_are_the_same_commit(tmp_path: Path, tree: Path) -> None:
    first = commit_tree(tree, tmp_path / "r.git", ())
    assert commit_tree(tree, tmp_path / "r.git", ("feature/x",)) == first
    assert commit_tree(tree, tmp_path / "other.git", ()) == first
    (tree / "a.yaml").write_text("a: 2\n", encoding="utf-8")
    second = commit_tree(tree, tmp_path / "r.git", ())
    assert git("rev-list", "main", folder=tmp_path / "r.git").split() == [second, first]
    assert git("rev-parse", "feature/x", folder=tmp_path / "r.git") == first
    assert git("ls-tree", "--name-only", "main", folder=tmp_path / "r.git").split() == [".gitignore", "a.yaml"]
    assert not (tree / ".git").exists()


@pytest.mark.parametrize("suffix", ["", ".git"])
def test_it_can_be_cloned(server: str, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", f"{server}/org/x{suffix}", str(target)], check=True)
    assert (target / "a.yaml").read_text(encoding="utf-8") == "a: 1\n"
    assert git("tag", folder=target) == "v1"


def test_a_chart_repository_is_plain_files(server: str) -> None:
    client = Client(lambda port: socket.create_connection(("127.0.0.1", port)), int(server.rpartition(":")[2]))
    assert client.request("GET", "/charts/a.yaml").body == b"a: 1\n"
    for path in ("/charts/none.yaml", "/charts/../r.git/HEAD", "/else/where"):
        assert client.request("GET", path).status == 404
