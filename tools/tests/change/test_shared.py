"""Two states of a tree: what is rendered twice is what may differ, by what each render asked for."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from presync.argocd.model import Application
from presync.change.load import load_change
from presync.change.model import Change
from presync.engine import Engine
from presync.render import render
from presync.render.run import Run
from presync.tree.repository import open_repository

URL = "https://git.example.com/team/platform.git"
CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "charts/web/values.yaml": "level: info\n",
    "charts/web/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"
    'data: {level: "{{ .Values.level }}", files: "{{ range $path, $_ := .Files.Glob "files/*" }}'
    '{{ $path }}{{ end }}"}\n',
}


def application(name: str, source: str) -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  project: default
  destination: {{server: https://kubernetes.default.svc, namespace: {name}}}
  source: {{repoURL: "{URL}", targetRevision: main, {source}}}
"""


FILES = {
    "presync.yaml": f"repository: [{URL}]\nbranch: main\n",
    **CHART,
    "envs/a.yaml": "level: warn\n",
    "apps/a.yaml": application("a", "path: charts/web, helm: {valueFiles: [/envs/a.yaml]}"),
    "apps/b.yaml": application(
        "b", "path: charts/web, helm: {ignoreMissingValueFiles: true, valueFiles: [/envs/b.yaml]}"
    ),
    "apps/c.yaml": application("c", "path: plain"),
    "apps/d.yaml": application(
        "d", 'path: charts/web, helm: {parameters: [{name: level, value: "$ARGOCD_APP_REVISION"}]}'
    ),
    "plain/one.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(1) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, FILES)
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "one"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True, timeout=30)
    return tmp_path


def write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def rendered_again(folder: Path, engine: Engine) -> tuple[set[str], Change]:
    """The Applications of the old state, loaded after the new one, that were rendered for themselves."""
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:

        def noted(application: Application, run: Run) -> render.Bare:
            asked.append(application.name)
            return original(application, run)

        original = render._render
        patch.setattr(render, "_render", noted)
        change = load_change(open_repository(folder), engine, "HEAD", lambda *_: None)
    new = len(change.head.entries)
    assert sorted(asked[:new]) == sorted(entry.name for entry in change.head.entries)
    return set(asked[new:]), change


def test_nothing_changed(folder: Path, engine: Engine) -> None:
    again, change = rendered_again(folder, engine)
    assert again == {"d"}  # which may hold the commit it was rendered from
    assert [entry.name for entry in change.base.entries] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"envs/a.yaml": "level: error\n"}, {"a"}),
        ({"envs/b.yaml": "level: error\n"}, {"b"}),  # was missing, and Argo CD would have read it
        ({"charts/web/values.yaml": "level: debug\n"}, {"a", "b"}),
        ({"charts/web/files/new.txt": "x"}, {"a", "b"}),
        ({"charts/web/.helmignore": "files\n"}, {"a", "b"}),
        ({"charts/web/.argocd-source-a.yaml": "helm: {values: 'level: x'}\n"}, {"a", "b"}),
        ({"plain/two.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\n"}, {"c"}),
        ({"plain/kustomization.yaml": "resources: [one.yaml]\n"}, {"c"}),
        ({"README.md": "nobody reads this\n"}, set()),
        ({"presync.yaml": FILES["presync.yaml"] + "kubernetes: ['1.35']\n"}, {"a", "b", "c"}),
        ({"apps/c.yaml": FILES["apps/c.yaml"].replace("namespace: c}", "namespace: other}")}, {"c"}),
    ],
)
def test_what_is_rendered_again(folder: Path, engine: Engine, files: dict[str, str], expected: set[str]) -> None:
    write(folder, files)
    again, _ = rendered_again(folder, engine)
    assert again == expected | {"d"}


def test_a_deleted_file(folder: Path, engine: Engine) -> None:
    (folder / "envs" / "a.yaml").unlink()
    again, change = rendered_again(folder, engine)
    assert "a" in again and next(one for one in change.head.entries if one.name == "a").rendered.error


def test_a_link_that_leaves_the_repository_concerns_all(folder: Path, engine: Engine) -> None:
    (folder / "out").symlink_to("../../etc")
    _, change = rendered_again(folder, engine)
    assert all("out-of-bounds" in entry.rendered.error for entry in change.head.entries)
    assert not any(entry.rendered.error for entry in change.base.entries)
