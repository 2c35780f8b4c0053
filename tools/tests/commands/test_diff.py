"""``presync diff`` as its users meet it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema_rs
import pytest

import presync

from .conftest import Run, write

SCHEMA = json.loads((Path(presync.__file__).parent / "report" / "diff.schema.json").read_text())


@pytest.fixture
def repository(tree: Path) -> Path:
    """The small tree, committed."""
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "one"]):
        git(tree, *arguments)
    return tree


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


def head(folder: Path) -> str:
    out = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return out.stdout[:7]


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


def test_nothing(repository: Path, run: Run) -> None:
    done = run("-C", repository, "diff", "HEAD")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"HEAD is what is checked out here, {head(repository)}",
        "nothing changes in any cluster (0 files differ from HEAD)",
    ]


def test_a_value(repository: Path, run: Run) -> None:
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    done = run("-C", repository, "diff", "main")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "~ web-prod" in lines and "  because of envs/prod/web/values.yaml:1 level" in lines
    assert "      - data.level: info" in lines and "      + data.level: warn" in lines
    assert "web-dev" not in done.stdout
    assert run("-C", repository, "diff", "main", "--exit-code").returncode == 1
    assert "data.level" not in run("-C", repository, "diff", "main", "--stat").stdout
    document = json.loads(run("-C", repository, "diff", "main", "-o", "json").stdout)
    jsonschema_rs.validate(SCHEMA, document)
    assert document["summary"] == {"changed": 1, "quiet": 0}
    assert document["resources"][0]["differences"] == [
        {
            "field": "data.level",
            "noise": False,
            "old": "info",
            "new": "warn",
            "why": [{"file": "envs/prod/web/values.yaml", "line": 1, "key": "level"}],
        }
    ]
    assert "```diff" in run("-C", repository, "diff", "main", "-o", "markdown").stdout


def test_each_field_with_its_line(repository: Path, run: Run, tmp_path: Path) -> None:
    text = "  other: {{ .Values.aRatherLongNameOfAKey | quote }}\n  third: {{ .Values.third | quote }}\n"
    config = repository / "charts/web/templates/config.yaml"
    config.write_text(f"{config.read_text()}{text}")
    write(repository, {"envs/prod/web/values.yaml": "level: info\naRatherLongNameOfAKey: a\nthird: a\n"})
    commit(repository, "more")
    write(repository, {"envs/prod/web/values.yaml": "level: warn\naRatherLongNameOfAKey: b\nthird: b\n"})
    first = run("-C", repository, "diff", "main", PRESYNC_CACHE=str(tmp_path / "cache"))
    lines = first.stdout.splitlines()
    place = "        <- envs/prod/web/values.yaml"
    for field, cause in (("level", "1 level"), ("other", "2 aRatherLongNameOfAKey"), ("third", "3 third")):
        at = next(at for at, line in enumerate(lines) if line.startswith(f"      + data.{field}: "))
        assert lines[at + 1] == f"{place}:{cause}"
    assert max(map(len, lines)) <= 80
    assert "<- " not in run("-C", repository, "diff", "main", "--stat").stdout
    assert run("-C", repository, "diff", "main", PRESYNC_CACHE=str(tmp_path / "cache")).stdout == first.stdout
    assert run("-C", repository, "diff", "main", PRESYNC_CACHE="off").stdout == first.stdout
    document = json.loads(run("-C", repository, "diff", "main", "-o", "json").stdout)
    jsonschema_rs.validate(SCHEMA, document)
    assert [one["why"][0]["line"] for one in document["resources"][0]["differences"]] == [1, 2, 3]
    assert (
        '"why":[{"file":"envs/prod/web/values.yaml","line":2,'
        in run("-C", repository, "diff", "main", "-o", "html").stdout
    )
    write(repository, {"envs/prod/web/values.yaml": "level: warn\naRatherLongNameOfAKey: a\nthird: a\n"})
    told = run("-C", repository, "diff", "main").stdout
    assert "  because of envs/prod/web/values.yaml:1 level" in told.splitlines() and "<- " not in told


def test_a_page(repository: Path, run: Run, tmp_path: Path) -> None:
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    done = run("-C", repository, "diff", "main", "-o", "html")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<!doctype html>") and '"id":"web-prod/ConfigMap/web-prod"' in done.stdout
    assert '"dirty":true' in done.stdout and '"lines":[1]' in done.stdout
    target = tmp_path / "out" / "page.html"
    assert run("-C", repository, "diff", "main", "-o", "html", "--out", target).stdout == ""
    assert target.read_text() == done.stdout
    failed = run("-C", repository, "diff", "mian", "-o", "html", "--out", target)
    assert failed.returncode == 2
    assert target.read_text() == done.stdout


def test_an_application_that_goes(repository: Path, run: Run) -> None:
    (repository / "envs/dev/web/app.yaml").unlink()
    done = run("-C", repository, "diff", "main")
    assert done.returncode == 1
    assert "CHG001" in done.stdout and "web-dev disappears" in done.stdout
    other = run("-C", repository, "diff", "main", "--env", "prod")
    assert "web-dev" not in other.stdout


def test_a_render_that_fails_is_no_deletion(repository: Path, run: Run) -> None:
    write(repository, {"charts/web/templates/config.yaml": "{{ fail `no` }}"})
    done = run("-C", repository, "diff", "main")
    assert done.returncode == 2
    assert "CHG017" in done.stdout and "removed" not in done.stdout


def test_against_where_the_branch_began(repository: Path, run: Run) -> None:
    git(repository, "checkout", "-qb", "work")
    git(repository, "checkout", "-q", "main")
    write(repository, {"envs/dev/web/values.yaml": "level: trace\n"})
    git(repository, "commit", "-qam", "elsewhere")
    git(repository, "checkout", "-q", "work")
    done = run("-C", repository, "diff", "main")
    assert done.stdout.startswith(f"main has all that is checked out here: {head(repository)} is part of it\nnothing")
    assert "trace" in run("-C", repository, "diff", "main", "--no-merge-base").stdout


@pytest.mark.parametrize(
    ("base", "message"), [("mian", "there is no revision 'mian'"), ("--upload-pack=x", "no such option")]
)
def test_no_such_base(repository: Path, run: Run, base: str, message: str) -> None:
    done = run("-C", repository, "diff", base)
    assert done.returncode == 2
    assert message in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_no_git(tree: Path, run: Run) -> None:
    done = run("-C", tree, "diff", "main")
    assert done.returncode == 2
    assert "is not a git repository" in done.stderr


def test_a_shallow_clone(repository: Path, run: Run, tmp_path: Path) -> None:
    write(repository, {"envs/prod/web/values.yaml": "level: warn\n"})
    git(repository, "commit", "-qam", "two")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    done = run("-C", tmp_path / "shallow", "diff", "HEAD~1")
    assert done.returncode == 2
    assert "--unshallow" in done.stderr


def test_an_unborn_head(tree: Path, run: Run) -> None:
    git(tree, "init", "-q")
    done = run("-C", tree, "diff", "main")
    assert done.returncode == 2
    assert "there is no revision" in done.stderr
