"""``presync diff`` where the repository is in an odd state: it does the sensible thing, or says what to do."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import PRESYNC, TREE, Run, write
from .test_diff import commit, git, head

__all__ = ["repository"]


@pytest.fixture
def repository(tree: Path) -> Path:
    """The small tree, committed on main."""
    git(tree, "init", "-q", "-b", "main")
    commit(tree, "one")
    return tree


def parted(repository: Path) -> None:
    """A commit on the branch work, and another on main, which is checked out."""
    git(repository, "checkout", "-qb", "work")
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    commit(repository, "ours")
    git(repository, "checkout", "-q", "main")
    write(repository, {"envs/dev/web/values.yaml": "level: trace\n"})
    commit(repository, "theirs")


def diff(run: Run, folder: Path, *arguments: str) -> dict[str, Any]:
    done = run("-C", folder, "diff", "-o", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def levels(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (one["application"], field["old"], field["new"])
        for one in found["resources"]
        for field in one["differences"]
        if field["field"] == "data.level"
    }


def test_a_branch_that_has_merged_main(repository: Path, run: Run) -> None:
    parted(repository)
    git(repository, "checkout", "-q", "work")
    git(repository, "merge", "-q", "--no-edit", "main")
    found = diff(run, repository, "main")
    assert levels(found) == {("web-prod", "info", "warn")}  # what main brought is not this branch's doing
    assert found["notes"] == []
    git(repository, "checkout", "-q", "main")
    write(repository, {"envs/dev/web/values.yaml": "level: error\n"})
    commit(repository, "later")
    git(repository, "checkout", "-q", "work")
    found = diff(run, repository, "main")
    assert levels(found) == {("web-prod", "info", "warn")}
    assert "main is 1 commit further, which is left out" in found["notes"][0]


def test_the_merge_that_github_checks_out(repository: Path, run: Run) -> None:
    """refs/pull/N/merge: a commit on no branch, whose first parent is main and whose second is the pull request."""
    parted(repository)
    git(repository, "checkout", "-q", "--detach", "main")
    git(repository, "merge", "-q", "--no-ff", "--no-edit", "work")
    git(repository, "update-ref", "refs/remotes/origin/main", "main")
    assert levels(diff(run, repository, "origin/main")) == {("web-prod", "info", "warn")}


def test_a_clone_whose_head_is_not_that_of_its_remote(repository: Path, run: Run, tmp_path: Path) -> None:
    """`origin/HEAD` is the remote's default branch, which Argo CD calls HEAD; here HEAD is what is checked out."""
    git(tmp_path, "clone", "-q", f"file://{repository}", "clone")
    clone = tmp_path / "clone"
    git(clone, "checkout", "-qb", "work")
    write(clone, {"envs/prod/web/values.yaml": "level: warn\n"})
    commit(clone, "ours")
    write(repository, {"envs/dev/web/values.yaml": "level: trace\n"})
    commit(repository, "theirs")
    git(clone, "fetch", "-q")
    for base in ("origin/main", "HEAD~1", "@~"):
        found = diff(run, clone, base)
        assert levels(found) == {("web-prod", "info", "warn")}
    assert "1 commit further" in diff(run, clone, "origin/main")["notes"][0]
    assert diff(run, clone, "HEAD")["notes"] == [f"HEAD is what is checked out here, {head(clone)}"]


def test_a_merge_commit_as_base(repository: Path, run: Run) -> None:
    git(repository, "checkout", "-qb", "work")
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    commit(repository, "ours")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "--no-edit", "work")
    write(repository, {"envs/dev/web/values.yaml": "level: trace\n"})
    assert levels(diff(run, repository, "main")) == {("web-dev", "debug", "trace")}
    assert levels(diff(run, repository, "main~1", "--env", "prod")) == {("web-prod", "info", "warn")}


def test_a_renamed_app(repository: Path, run: Run) -> None:
    git(repository, "mv", "envs/dev/web", "envs/dev/site")
    done = run("-C", repository, "diff", "main")
    words = " ".join(done.stdout.split())
    assert done.returncode == 1
    assert "web-dev is renamed to site-dev, which Argo CD takes for another one; its 1 objects are deleted" in words
    assert "- web-dev (renamed to site-dev)" in words and "+ site-dev (was web-dev)" in words
    found = diff(run, repository, "main")
    assert {one["name"]: one["counterpart"] for one in found["applications"]} == {
        "web-dev": "site-dev",
        "site-dev": "web-dev",
    }


def test_an_app_that_goes_while_another_comes_is_no_rename(repository: Path, run: Run) -> None:
    git(repository, "rm", "-rq", "envs/dev/web")
    write(
        repository,
        {
            "charts/other/Chart.yaml": "apiVersion: v2\nname: other\nversion: 1.0.0\n",
            "charts/other/templates/a.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
            "spec: {ports: [{port: 80}], selector: {a: b}}\n",
            "envs/dev/site/app.yaml": "chart: other\n",
            "envs/dev/site/values.yaml": "{}\n",
            "envs/prod/site/app.yaml": "chart: web\n",
            "envs/prod/site/values.yaml": "{}\n",
        },
    )
    found = diff(run, repository, "main")
    assert {one["name"]: one["counterpart"] for one in found["applications"]} == dict.fromkeys(
        ("web-dev", "site-dev", "site-prod")
    )
    assert any("web-dev disappears" in one["message"] for one in found["findings"])


def test_a_dirty_tree_is_named(repository: Path, run: Run) -> None:
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n", "new.txt": "x\n"})
    found = diff(run, repository, "main")
    assert found["notes"] == ["not committed, and counted all the same: envs/prod/web/values.yaml, new.txt"]
    assert "not committed" in run("-C", repository, "diff", "main", "-o", "markdown").stdout
    commit(repository, "two")
    assert diff(run, repository, "HEAD~1")["notes"] == []


@pytest.mark.parametrize(("base", "likely"), [("mian", "main"), ("release-1.1", "release-1.0"), ("orgin/main", "main")])
def test_a_mistyped_branch(repository: Path, run: Run, base: str, likely: str) -> None:
    git(repository, "tag", "release-1.0")
    done = run("-C", repository, "diff", base)
    assert done.returncode == 2
    assert f"there is no revision {base!r} here" in done.stderr
    assert "Did you mean" in done.stderr and likely in done.stderr


def test_what_is_rendered_in_neither_state_is_named(repository: Path, run: Run) -> None:
    write(repository, {"envs/dev/web/values.yaml": "level: [\n"})
    commit(repository, "broken")
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    found = diff(run, repository, "main")
    assert levels(found) == {("web-prod", "info", "warn")}
    assert "rendered in neither state, so nothing is known of what changes there: web-dev" in found["notes"][1]


def test_another_worktree_of_the_repository(repository: Path, run: Run, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-qb", "work", str(tmp_path / "other"))
    write(tmp_path / "other", {"envs/prod/web/values.yaml": "level: warn\n"})
    write(repository, {"envs/prod/web/values.yaml": "level: error\n"})
    assert levels(diff(run, tmp_path / "other", "main")) == {("web-prod", "info", "warn")}


def test_a_folder_of_a_larger_repository(tmp_path: Path, run: Run) -> None:
    folder = write(tmp_path / "mono" / "gitops", TREE)
    write(tmp_path / "mono", {"elsewhere.txt": "x\n"})
    git(tmp_path / "mono", "init", "-q", "-b", "main")
    commit(tmp_path / "mono", "one")
    write(folder, {"envs/prod/web/values.yaml": "level: warn\n"})
    write(tmp_path / "mono", {"elsewhere.txt": "y\n"})
    found = diff(run, folder, "main")
    assert levels(found) == {("web-prod", "info", "warn")}
    assert found["files"] == ["envs/prod/web/values.yaml"]


def test_a_submodule(repository: Path, run: Run, tmp_path: Path) -> None:
    inner = write(tmp_path / "library", {"values.yaml": "a: 1\n"})
    git(inner, "init", "-q", "-b", "main")
    commit(inner, "one")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "library")
    first = head(inner)
    found = diff(run, repository, "main")
    assert "the submodule library is new; presync does not look into submodules" in found["notes"][-1]
    commit(repository, "with it")
    write(inner, {"values.yaml": "a: 2\n"})
    commit(inner, "two")
    git(repository / "library", "-c", "protocol.file.allow=always", "pull", "-q", "origin", "main")
    git(repository, "add", "library")
    found = diff(run, repository, "main")
    assert f"the submodule library moves from {first} to {head(inner)}" in found["notes"][-1]


def test_a_pipe_has_no_colours_and_may_close_early(repository: Path) -> None:
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    command = [PRESYNC, "-C", repository, "diff", "main"]
    piped = subprocess.run(command, capture_output=True, timeout=120, check=False)
    assert b"\x1b" not in piped.stdout
    controller, terminal = pty.openpty()
    with subprocess.Popen(command, stdout=terminal, stderr=subprocess.DEVNULL) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(controller, 65536)
            except OSError:  # Linux tells so that the other end is closed
                break
            if not part:
                break
            shown += part
        assert process.wait(timeout=60) == 0
    os.close(controller)
    assert b"\x1b[" in shown
    shell = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$@" | true', "-", *map(str, command)],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert shell.returncode == 0 and b"Traceback" not in shell.stderr


def test_interrupted(repository: Path) -> None:
    write(
        repository,
        {"charts/web/templates/slow.yaml": "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"},
    )

    def heed() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it

    command = [PRESYNC, "--no-cache", "-C", repository, "diff", "main"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed) as process:  # noqa: PLW1509
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until = time.monotonic() + 60
        while not children.read_text().split() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(3)  # by now a template loops, for as long as a render may take
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)
        assert process.returncode == 130
    assert (out, err.decode().strip().splitlines()[-1]) == (b"", "presync: interrupted")


REMOTE = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: remote, namespace: argocd}
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: remote}
  sources:
    - repoURL: https://charts.example.com
      chart: thing
      targetRevision: 1.0.0
      helm: {valueFiles: [$values/remote/values.yaml]}
    - repoURL: https://git.example.com/small.git
      targetRevision: HEAD
      ref: values
"""


def test_what_presync_has_not_got_is_no_empty_success(repository: Path, run: Run) -> None:
    """A chart that is not in the cache is equal while nobody touches what it is made of, and unknown then."""
    write(repository, {"apps/remote.yaml": REMOTE, "remote/values.yaml": "a: 1\n"})
    commit(repository, "remote")
    write(repository, {"other.yaml": "a: 1\n"})
    done = run("-C", repository, "diff", "main")
    assert done.returncode == 0
    assert "rendered in neither state, so nothing is known of what changes there: remote" in " ".join(
        done.stdout.split()
    )
    assert run("-C", repository, "diff", "main", "--env", "prod").returncode == 0
    write(repository, {"remote/values.yaml": "a: 2\n"})
    done = run("-C", repository, "diff", "main")
    assert done.returncode == 2
    assert "nothing changes in any cluster, as far as presync can tell" in done.stdout
    assert json.loads(run("-C", repository, "diff", "main", "-o", "json").stdout)["unsure"] == ["remote"]
    assert run("-C", repository, "diff", "--kubernetes", "1.35").returncode == 2
