"""This repository as its users meet it: clean as it stands, open to upstream charts, unforgiving to mistakes."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from presync.base import goyaml

from .conftest import ROOT, Run, copy_of_the_tree

UPSTREAM = "https://charts.example.com/stable"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The working tree without its git history and caches."""
    return copy_of_the_tree(tmp_path / "platform")


def _findings(run: Run, folder: Path) -> list[dict[str, Any]]:
    """Those that matter; what is only good to know may be there."""
    found: list[dict[str, Any]] = json.loads(run("-C", folder, "check", "-o", "json").stdout)["findings"]
    return [one for one in found if one["severity"] != "info" or one["undetermined"]]


def test_clean_and_complete(copy: Path, run: Run) -> None:
    done = run("-C", copy, "check", "-o", "json")
    document = json.loads(done.stdout)
    assert [one for one in document["findings"] if one["severity"] != "info" or one["undetermined"]] == []
    assert done.returncode == 0
    rendered = {one["name"] for one in document["applications"] if one["state"] == "rendered"}
    for app in ("redis", "feast", "feature-store", "storage", "secrets"):
        assert {f"{app}-dev", f"{app}-prod"} <= rendered


def test_readme_shows_what_check_prints(copy: Path, run: Run) -> None:
    shown = re.search(
        r"<!-- check:start -->\n```console\n\$ make check\n(.*?)```", (ROOT / "README.md").read_text(), re.S
    )
    assert shown is not None
    printed = run("-C", copy, "check", COLUMNS="100").stdout
    seconds = re.compile(r"\([0-9.]+ s\)")
    assert seconds.sub("", shown[1]) == seconds.sub("", printed)


def _chart(folder: Path) -> None:
    files = {
        "Chart.yaml": "apiVersion: v2\nname: echo\nversion: 1.2.3\n",
        "values.yaml": "text: default\n"
        "commonLabels: {app.kubernetes.io/name: echo, app.kubernetes.io/instance: echo}\n",
        "templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: echo, labels: {{ toJson .Values.commonLabels }}}\n"
        "data: {text: {{ .Values.text }}, environment: {{ .Values.global.environment }}}\n",
    }
    folder.mkdir()
    with tarfile.open(folder / "echo-1.2.3.tgz", "w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"echo/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))


def test_an_upstream_chart_instead_of_ours(copy: Path, run: Run, tmp_path: Path) -> None:
    """docs/upstream-chart.md, step by step: each step that is missing is told."""
    app = copy / "envs/dev/echo"
    app.mkdir()
    (app / "app.yaml").write_text(f"chart: {{repoURL: {UPSTREAM}, name: echo, version: 1.2.3}}\n")
    (app / "values.yaml").write_text("text: ours\n")
    found = _findings(run, copy)
    assert {one["rule"] for one in found} == {"ARG014", "HLM002"}
    assert all(one["application"] == "echo-dev" for one in found)
    assert run("-C", copy, "check").returncode == 2  # not vendored: could not tell

    projects = copy / "apps/projects.yaml"
    head, dev = projects.read_text().split("name: dev\n", 1)
    projects.write_text(
        head + "name: dev\n" + dev.replace("  sourceRepos:\n", f"  sourceRepos:\n    - {UPSTREAM}\n", 1)
    )
    _chart(tmp_path / "packed")
    done = run("-C", copy, "vendor", "--from", tmp_path / "packed")
    assert done.returncode == 0, done.stderr
    assert "sha256" in (copy / "charts.lock.yaml").read_text()
    found = _findings(run, copy)
    assert {(one["rule"], one["severity"]) for one in found} == {("POL001", "warning")}
    assert all("ConfigMap echo has no label" in one["message"] for one in found)

    labels = "commonLabels: {app.kubernetes.io/part-of: feature-platform, environment: dev}\n"
    (app / "values.yaml").write_text(f"text: ours\n{labels}")
    assert _findings(run, copy) == []
    rendered = run("-C", copy, "render", "echo-dev").stdout
    assert [one.data["data"] for one in goyaml.documents(rendered)] == [{"text": "ours", "environment": "dev"}]

    cached = next((copy / ".cache/charts").rglob("*.tgz"))
    cached.write_bytes(cached.read_bytes() + b"x")
    assert {one["rule"] for one in _findings(run, copy)} == {"HLM002"}


# file, what is replaced, by what, the rule, the file that is named
MISTAKES = [
    ("envs/prod/redis/values.yaml", "replicaCount: 2", "replicaCout: 2", "HLM001", "envs/prod/redis/values.yaml"),
    ("envs/dev/redis/app.yaml", "chart: redis", "chart: rdis", "ARG030", "envs/dev/redis/app.yaml"),
    ("envs/dev/redis/app.yaml", "chart: redis", "chrt: redis", "ARG001", "apps/dev.yaml"),
    ("apps/dev.yaml", "revision: main", "revision: mian", "ARG004", "apps/dev.yaml"),
    ("apps/dev.yaml", "targetRevision: main", "targetRevision: mian", "ARG032", ""),
    ("apps/projects.yaml", "{group: apps, kind: StatefulSet}", "{group: apps, kind: StatfulSet}", "ARG016", ""),
    (
        "envs/dev/secrets/redis-auth.yaml",
        "name: redis-auth",
        "name: redis-auht",
        "SEC101",
        "envs/dev/secrets/redis-auth.yaml",
    ),
    (
        "charts/feast/templates/service.yaml",
        "kind: Service",
        "kind: Servce",
        "K8S004",
        "charts/feast/templates/service.yaml",
    ),
    (
        "charts/redis/templates/networkpolicy.yaml",
        "podSelector:",
        "podSelectr:",
        "K8S002",
        "charts/redis/templates/networkpolicy.yaml",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "named"), MISTAKES, ids=[f"{case[3]} {case[2]}" for case in MISTAKES]
)
def test_mistakes_are_named(  # noqa: PLR0917 - the columns of the table
    copy: Path, run: Run, file: str, old: str, new: str, rule: str, named: str
) -> None:
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    found = [one for one in _findings(run, copy) if one["rule"] == rule]
    assert found
    if named:
        assert named in {one["file"] for one in found}


def test_every_difference_between_dev_and_prod_is_declared(copy: Path, run: Run) -> None:
    done = run("-C", copy, "envs", "--check")
    assert done.returncode == 0, done.stdout
