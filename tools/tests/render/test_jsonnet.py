"""Jsonnet in a folder. What it evaluates to is compared in test_argocd; here what it may reach."""

from __future__ import annotations

import time

import pytest

from presync.engine import jsonnet
from tests.render.support import Repo, application, data

OBJECT = '{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "a"}, data: %s}'


def test_files_that_decide_are_known(repo: Repo) -> None:
    repo.write({"m/a.jsonnet": OBJECT % '{x: import "lib/b.libsonnet"}', "m/lib/b.libsonnet": '"b"', "m/c.txt": "x"})
    rendered = repo.render(application(path="m"))
    assert data(rendered)[0]["data"] == {"x": "b"}
    assert rendered.reads == {"m/a.jsonnet", "m/lib/b.libsonnet"}
    assert rendered.resources[0].source.file == "m/a.jsonnet"


@pytest.mark.parametrize("path", ["/etc/hostname", "../../../../../etc/hostname"])
def test_nothing_outside_the_repository_is_read(path: str, repo: Repo) -> None:
    repo.write({"m/a.jsonnet": OBJECT % f'{{x: importstr "{path}"}}'})
    assert "resolves outside repository root" in repo.render(application(path="m")).error


@pytest.mark.parametrize(
    "text",
    ["local f(x) = f(x + 1) tailstrict; f(0)", "std.length(std.repeat([0], 900000000))"],
    ids=["loop", "memory"],
)
def test_what_never_ends_is_stopped(text: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repo.engine, "timeout", 3.0)
    repo.write({"m/a.jsonnet": OBJECT % f"{{x: {text}}}"})
    start = time.monotonic()
    rendered = repo.render(application(path="m"))
    assert time.monotonic() - start < 20
    assert rendered.error or [one.kind for one in rendered.problems] == ["render-bound"]


def test_without_the_library(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("presync.render.jsonnet.available", lambda: False)
    repo.write({"m/a.jsonnet": "{}"})
    assert [one.kind for one in repo.render(application(path="m")).problems] == ["jsonnet-unsupported"]
    assert jsonnet.available()
