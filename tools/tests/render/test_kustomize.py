"""Which files a kustomization gets, and where its resources come from. Results are compared in test_argocd."""

from __future__ import annotations

from pathlib import Path

from presync.render.kustomize import kubectl
from presync.render.kustomize_files import Needed
from tests.render.support import Repo, application

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def test_the_program_is_the_pinned_one() -> None:
    assert Path(kubectl()).is_file()


def test_everything_that_is_named_is_followed(repo: Repo) -> None:
    repo.write(
        {
            "app/kustomization.yaml": """\
resources: [../base, own.yaml]
components: [../component]
configMapGenerator: [{name: x, files: [key=data.txt], envs: [vars.env], literals: [url=https://example.com/x]}]
patches: [{path: patch.yaml}]
openapi: {path: schema/openapi.json}
helmCharts: [{name: local, valuesFile: values.yaml}]
""",
            "base/kustomization.yml": "bases: [deeper]\n",
            "base/deeper/Kustomization": "resources: [a.yaml]\n",
            "component/kustomization.yaml": "kind: Component\n",
            "app/schema/openapi.json": "{}",
            **{
                f"app/{name}": "x"
                for name in ("own.yaml", "data.txt", "vars.env", "patch.yaml", "values.yaml", "unrelated.yaml")
            },
            "base/deeper/a.yaml": CONFIG,
            "other/a.yaml": CONFIG,
        }
    )
    needed = Needed(repo.context().repositories.head)
    needed.follow("app")
    assert sorted(needed.paths) == [
        "app/data.txt",
        "app/kustomization.yaml",
        "app/own.yaml",
        "app/patch.yaml",
        "app/schema/openapi.json",
        "app/values.yaml",
        "app/vars.env",
        "base/deeper/Kustomization",
        "base/deeper/a.yaml",
        "base/kustomization.yml",
        "component/kustomization.yaml",
    ]
    assert not needed.remote


def test_where_resources_come_from(repo: Repo) -> None:
    repo.write({"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": CONFIG, "k/b.yaml": CONFIG})
    rendered = repo.render(application(path="k"))
    assert [one.source.file for one in rendered.resources] == ["k/kustomization.yaml"]
    assert rendered.reads == {"k/kustomization.yaml", "k/a.yaml"}


def test_the_repository_is_left_as_it_is(repo: Repo) -> None:
    repo.write({"k/kustomization.yaml": "resources: [a.yaml]\n", "k/a.yaml": CONFIG})
    rendered = repo.render(application(path="k", kustomize={"namePrefix": "p-"}))
    assert [one.name for one in rendered.resources] == ["p-a"]
    assert (repo.root / "k/kustomization.yaml").read_text() == "resources: [a.yaml]\n"
