"""Argo CD's objects are found among everything else."""

from __future__ import annotations

from pathlib import Path

from presync.platform.discovery import discover
from presync.settings import Settings
from presync.tree import open_repository

APP = "apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{}}\n"


def _tree(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _found(folder: Path, settings: Settings | None = None) -> tuple[list[str], list[str]]:
    manifests, problems = discover(open_repository(folder).worktree, settings or Settings())
    return (
        [f"{one.kind}/{one.name}@{one.location}" for one in manifests],
        [f"{one.kind}@{one.location}" for one in problems],
    )


def test_kinds_documents_and_lists(tmp_path: Path) -> None:
    many = "\n---\n".join(
        APP.format(kind=kind, name="x") for kind in ("Application", "ApplicationSet", "AppProject", "Rollout")
    )
    listed = "kind: List\nitems:\n- apiVersion: argoproj.io/v1alpha1\n  kind: Application\n  metadata: {name: z}\n"
    _tree(tmp_path, {"a/many.yaml": many, "b/list.yml": listed, "c.txt": APP.format(kind="Application", name="no")})
    found, problems = _found(tmp_path)
    assert found == [
        "Application/x@a/many.yaml:1",
        "ApplicationSet/x@a/many.yaml:7",
        "AppProject/x@a/many.yaml:13",
        "Application/z@b/list.yml:1",
    ]
    assert problems == []


def test_templates_and_patches_are_no_objects(tmp_path: Path) -> None:
    app = APP.format(kind="Application", name="x")
    _tree(
        tmp_path,
        {
            "chart/Chart.yaml": "name: c",
            "chart/templates/app.yaml": "{{ if .x }}\n" + app + "{{ end }}",
            "k/kustomization.yaml": "resources: [app.yaml]\npatches: [{path: patch.yaml}]",
            "k/app.yaml": app,
            "k/patch.yaml": app,
        },
    )
    assert _found(tmp_path) == (["Application/x@k/app.yaml:1"], [])


def test_broken_yaml_is_reported_with_its_line(tmp_path: Path) -> None:
    _tree(tmp_path, {"a.yaml": APP.format(kind="Application", name="x") + "oops: [\n"})
    assert _found(tmp_path)[1] == ["yaml-invalid@a.yaml:6:1"]


def test_broken_yaml_of_others_is_not_ours(tmp_path: Path) -> None:
    _tree(tmp_path, {"a.yaml": "{{ not yaml }}: ["})
    assert _found(tmp_path) == ([], [])


def test_roots_and_exclude(tmp_path: Path) -> None:
    app = APP.format(kind="Application", name="x")
    _tree(tmp_path, {"apps/a.yaml": app, "examples/b.yaml": app, "apps/old/c.yaml": app})
    assert _found(tmp_path, Settings(roots=("apps",), exclude=("apps/old/*",)))[0] == ["Application/x@apps/a.yaml:1"]
