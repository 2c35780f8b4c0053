"""Input that means harm: bounded time and memory, a clear reason, never a traceback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from presync.engine import Engine
from presync.render import kustomize
from tests.render.support import Repo, application

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Repo]:
    with Engine(1, timeout=3) as engine:
        root = tmp_path / "hasty"
        root.mkdir()
        yield Repo(root, engine)


@pytest.mark.parametrize(
    "path", ["../../../../etc/passwd", "/../../etc/passwd", "file:///etc/passwd", "$NOPE/../../../x"]
)
def test_value_files_stay_in_the_repository(path: str, repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    rendered = repo.render(application(path="charts/web", helm={"valueFiles": [path]}))
    assert "resolved to outside repository root" in rendered.error or "is not allowed" in rendered.error


def test_an_absolute_path_is_one_of_the_repository(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    rendered = repo.render(application(path="charts/web", helm={"valueFiles": ["/etc/passwd"]}))
    assert rendered.error == "open etc/passwd: no such file or directory"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc/passwd", "../../outside"])
def test_links_that_leave_the_repository(target: str, repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    (repo.root / "charts" / "link").symlink_to(target)
    assert (
        repo.render(application(path="charts/web")).error
        == "repository contains out-of-bounds symlinks. file: charts/link"
    )


def test_links_inside_are_followed(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}).write({"shared/b.yaml": CONFIG.replace("name: a", "name: b")})
    (repo.root / "charts/web/templates/b.yaml").symlink_to("../../../shared/b.yaml")
    (repo.root / "charts/web/templates/more").symlink_to("../../../shared")
    (repo.root / "charts/web/templates/loop").symlink_to(".")
    rendered = repo.render(application(path="charts/web"))
    files = {"charts/web/templates/a.yaml", "charts/web/templates/b.yaml", "shared/b.yaml"}
    assert {one.source.file for one in rendered.resources} <= files
    assert {one.name for one in rendered.resources} == {"a", "b"}


@pytest.mark.parametrize(
    "template",
    [
        "{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}",
        '{{ $x := "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }}{{ range until 60 }}{{ $x = cat $x $x }}{{ end }}{{ $x }}',
    ],
    ids=["loop", "memory"],
)
def test_templates_that_never_end(template: str, hasty: Repo) -> None:
    hasty.chart({"a.yaml": template}).chart({"a.yaml": CONFIG}, folder="charts/good")
    start = time.monotonic()
    rendered = hasty.render(application(path="charts/web"))
    assert time.monotonic() - start < 20
    assert not rendered.error
    assert [one.kind for one in rendered.problems] == ["render-bound"]
    assert hasty.render(application(path="charts/good")).resources, "the next one is not affected"


def test_a_template_that_calls_itself(hasty: Repo) -> None:
    hasty.chart({"a.yaml": '{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}'})
    rendered = hasty.render(application(path="charts/web"))
    assert rendered.error or rendered.unavailable


def test_an_alias_bomb(repo: Repo) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{index}: &a{index} [{','.join([f'*a{index - 1}'] * 10)}]\n" for index in range(1, 10)
    )
    repo.chart({"a.yaml": CONFIG}).write(
        {"bomb.yaml": bomb, "m/a.yaml": f"apiVersion: v1\nkind: X\nmetadata: {{}}\n{bomb}"}
    )
    start = time.monotonic()
    as_values = repo.render(application(path="charts/web", helm={"valueFiles": ["/bomb.yaml"]}))
    as_manifest = repo.render(application(path="m"))
    assert time.monotonic() - start < 20
    assert as_values.error or as_values.unavailable
    assert as_manifest.error or as_manifest.unavailable


def test_a_huge_file(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    (repo.root / "big.yaml").write_bytes(b"a: " + b"x" * 50_000_000)
    (repo.root / "m").mkdir()
    (repo.root / "m/big.yaml").write_bytes(b"a: " + b"x" * 50_000_000)
    rendered = repo.render(application(path="charts/web", helm={"valueFiles": ["/big.yaml"]}))
    assert [one.kind for one in rendered.problems] == ["render-bound"]
    assert "has 50,000,003 bytes" in rendered.unavailable
    assert repo.render(application(path="m")).unavailable
    (repo.root / "m/big.yaml").write_bytes(CONFIG.encode() + b"data: {a: '" + b"x" * 11_000_000 + b"'}\n")
    assert "exceeded max combined manifest file size" in repo.render(application(path="m")).error


def test_invalid_text(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}).write({"bad.yaml": b"a: \xff\xfe\n", "k/kustomization.yaml": b"\xff: 1\n"})
    assert (
        "invalid leading UTF-8 octet"
        in repo.render(application(path="charts/web", helm={"valueFiles": ["/bad.yaml"]})).error
    )
    assert repo.render(application(path="k")).error


def test_a_broken_packed_subchart(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}).write({"charts/web/charts/x-1.0.0.tgz": b"not a chart"})
    assert repo.render(application(path="charts/web")).error


@pytest.mark.parametrize(
    "resource",
    [
        "https://example.com/x.yaml",
        "github.com/org/repo//base?ref=--upload-pack=touch",
        "git@example.com:org/repo.git",
        "ssh://x/y",
    ],
)
def test_kustomize_never_uses_the_network(resource: str, repo: Repo) -> None:
    repo.write({"k/kustomization.yaml": f'resources: ["{resource}"]\n'})
    rendered = repo.render(application(path="k"))
    assert [one.kind for one in rendered.problems] == ["kustomize-remote"]
    assert resource in rendered.unavailable


def test_kustomize_sees_only_the_repository(repo: Repo) -> None:
    repo.write({"k/kustomization.yaml": "resources: [../../../../etc/hostname, /etc/hostname]\n"})
    assert repo.render(application(path="k")).error
    repo.write({"k/kustomization.yaml": "configMapGenerator: [{name: x, files: [/etc/hostname]}]\n"})
    assert repo.render(application(path="k")).error


def test_kustomize_is_bounded_in_time(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kustomize, "TIMEOUT", 0.001)
    repo.write({"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": CONFIG})
    assert [one.kind for one in repo.render(application(path="k")).problems] == ["render-bound"]
