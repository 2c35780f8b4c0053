"""Several Applications, several sources, namespaces, and the kinds of endings."""

from __future__ import annotations

import subprocess

from presync.argocd.model import Application
from presync.render.render import render_all
from presync.settings import Settings
from presync.settings.model import External
from tests.render.support import URL, Repo, application, data, made

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, names: {kind: Thing}, scope: Cluster}
"""


def test_results_come_in_the_order_of_the_applications(repo: Repo) -> None:
    repo.write({f"m/{index}/a.yaml": CONFIG for index in range(20)})
    seen: list[Application] = []
    applications = [application(f"app-{index}", path=f"m/{index}") for index in range(20)]
    results = render_all(applications, repo.context(), seen.append)
    assert [one.application.name for one in results] == [f"app-{index}" for index in range(20)]
    assert sorted(one.name for one in seen) == sorted(one.name for one in applications)


def test_namespaces(repo: Repo) -> None:
    repo.write(
        {
            "m/a.yaml": CONFIG,
            "m/b.yaml": CONFIG.replace("name: a", "name: b, namespace: own"),
            "m/c.yaml": CONFIG.replace("ConfigMap", "Namespace"),
            "m/d.yaml": "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: d, namespace: odd}\n",
            "m/e.yaml": "apiVersion: example.com/v1\nkind: Other\nmetadata: {name: e}\n",
            "crds/x.yaml": CRD,
        }
    )
    rendered, _ = render_all([application("a", "apps", path="m"), application("b", path="crds")], repo.context())
    assert {one.name: one.namespace for one in rendered.resources if one.kind != "Namespace"} == {
        "a": "apps",
        "b": "own",
        "d": "",
        "e": "apps",
    }
    assert [one.namespace for one in rendered.resources if one.kind == "Namespace"] == [""]
    assert "namespace" not in rendered.resources[0].metadata, "the data stays as rendered"
    known = repo.render(application("a", path="m"), known={("example.com", "Other"): True})
    assert [one.namespace for one in known.resources if one.kind == "Other"] == [""]


def test_of_an_object_that_comes_twice_the_last_stays(repo: Repo) -> None:
    repo.write({"one/a.yaml": CONFIG + "data: {x: '1'}\n", "two/a.yaml": CONFIG + "data: {x: '2'}\n"})
    sources = [{"repoURL": URL, "path": path} for path in ("one", "two")]
    rendered = repo.render(made("app", "apps", sources=sources))
    assert [one["data"]["x"] for one in data(rendered)] == ["2"]
    assert [(one.kind, one.location.file) for one in rendered.problems] == [("resource-repeated", "two/a.yaml")]


def test_what_is_not_here_is_said(repo: Repo) -> None:
    repo.write({"m/a.yaml": CONFIG})
    for source, kind in (
        ({"repoURL": "https://git.example.com/other.git", "path": "m"}, "source-unavailable"),
        ({"repoURL": URL, "path": "m", "targetRevision": "nope"}, "source-unavailable"),
        ({"repoURL": URL, "path": "m", "targetRevision": "--upload-pack=touch /tmp/x"}, "source-unavailable"),
        ({"repoURL": "https://charts.example.com", "chart": "web", "targetRevision": "1.0.0"}, "chart-cache"),
        ({"repoURL": "oci://registry.example.com/web", "path": ".", "targetRevision": "1.0.0"}, "chart-cache"),
        ({"repoURL": URL, "path": "m", "plugin": {"name": "x"}}, "plugin-unsupported"),
    ):
        rendered = repo.render(made("app", "apps", source=source))
        assert not rendered.error
        assert not rendered.resources
        assert rendered.unavailable
        assert [(one.kind, one.application) for one in rendered.problems] == [(kind, "app")]


def test_externals_are_left_out_on_purpose(repo: Repo) -> None:
    repo.settings = Settings(
        externals=(External("https://charts.example.com*", "op-*", "installed by the platform team"),)
    )
    repo.write({"m/a.yaml": CONFIG})
    chart = {"repoURL": "https://charts.example.com/x", "chart": "op-a", "targetRevision": "1"}
    rendered = repo.render(made("app", "apps", sources=[chart, {"repoURL": URL, "path": "m"}]))
    assert rendered.external == "installed by the platform team"
    assert rendered.unavailable == "not rendered on purpose: installed by the platform team"
    assert [one.name for one in rendered.resources] == ["a"]
    assert not rendered.problems
    rendered = repo.render(made("app", "apps", source={**chart, "chart": "other"}))
    assert not rendered.external
    assert rendered.unavailable


def test_another_revision_is_read_from_git(repo: Repo) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=repo.root, check=True, capture_output=True)

    repo.write({"m/a.yaml": CONFIG})
    git("init", "-q", "-b", "main")
    git("config", "user.email", "a@example.com")
    git("config", "user.name", "a")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("tag", "v1")
    repo.write({"m/a.yaml": CONFIG.replace("name: a", "name: changed"), "c/v.yaml": "a: 1\n"})
    repo.chart({"a.yaml": CONFIG})
    assert [one.name for one in repo.render(application(path="m")).resources] == ["changed"]
    assert [one.name for one in repo.render(application(path="m", targetRevision="v1")).resources] == ["a"]
    sources = [
        {"repoURL": URL, "path": "charts/web", "helm": {"valueFiles": ["$v/m/a.yaml"]}},
        {"repoURL": URL, "ref": "v", "targetRevision": "v1"},
    ]
    assert (
        "cannot reference a different revision of the same repository"
        in repo.render(made("a", "b", sources=sources)).error
    )


def test_an_application_in_another_namespace_has_its_namespace_in_its_name(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG.replace("name: a", 'name: "{{ .Release.Name }}", labels: {x: "{{ .Values.n }}"}')})
    app = application("web", path="charts/web", helm={"parameters": [{"name": "n", "value": "$ARGOCD_APP_NAME"}]})
    app.raw["metadata"]["namespace"] = "team"  # type: ignore[index]
    rendered = data(repo.render(app))[0]["metadata"]
    assert rendered == {"name": "web", "labels": {"x": "team_web"}}
