"""Helm sources: values, schema, dependencies, and what is noticed on the way."""

from __future__ import annotations

import pytest

from presync.render.dependencies import lock_digest
from tests.render.support import Repo, application, data, made

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {values: {{ toJson .Values | quote }}}
"""
SCHEMA = """\
{"type": "object", "additionalProperties": false,
 "properties": {"size": {"type": "integer"}, "global": {"type": "object"},
                "deep": {"type": "object", "properties": {"list": {"items": {"type": "string"}}}}}}
"""


def test_resources_know_where_they_come_from(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}).write({"charts/web/crds/x.yaml": "apiVersion: v1\nkind: CustomResourceDefinition\n"})
    rendered = repo.render(application("app", path="charts/web"))
    assert [one.source.file for one in rendered.resources] == ["charts/web/crds/x.yaml", "charts/web/templates/a.yaml"]
    assert {one.chart for one in rendered.resources} == {"charts/web"}
    assert rendered.reads == {"charts/web/Chart.yaml", "charts/web/templates/a.yaml", "charts/web/crds/x.yaml"}


def test_origin_of_a_template_in_an_aliased_library(repo: Repo) -> None:
    dependency = "dependencies:\n  - {name: worker, alias: second, version: 1.x, repository: file://../worker}\n"
    repo.chart({}).chart({"w.yaml": CONFIG}, "worker", "charts/worker")
    repo.write(
        {
            "charts/web/Chart.yaml": f"apiVersion: v2\nname: web\nversion: 0.1.0\n{dependency}",
            "charts/worker/Chart.yaml": "apiVersion: v2\nname: worker\nversion: 1.0.0\n",
        }
    )
    rendered = repo.render(application("app", path="charts/web"))
    assert [one.source.file for one in rendered.resources] == ["charts/worker/templates/w.yaml"]
    assert "charts/worker/templates/w.yaml" in rendered.reads


def test_schema_errors_name_the_line_that_set_the_value(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}, **{"values.schema.json": SCHEMA, "values.yaml": "size: 1\n"})
    repo.write(
        {
            "one.yaml": "size: 2\n\nsiez: 3\n",
            "two.yaml": "# comment\nsize: big\ndeep:\n  list:\n    - fine\n    - 5\n",
        }
    )
    rendered = repo.render(application("app", path="charts/web", helm={"valueFiles": ["/one.yaml", "/two.yaml"]}))
    assert rendered.error.startswith("values don't meet the specifications of the schema(s)")
    found = {problem.field: problem for problem in rendered.problems}
    assert set(found) == {"size", "siez", "deep.list[1]"}
    assert str(found["size"].location) == "two.yaml:2:1"
    assert str(found["siez"].location) == "one.yaml:3:1"
    assert str(found["deep.list[1]"].location) == "two.yaml:6:7"
    assert found["size"].message == "got string, want integer"
    assert found["siez"].message == "'siez' is not a value of this chart"
    assert {problem.kind for problem in rendered.problems} == {"values-schema"}
    assert {problem.application for problem in rendered.problems} == {"app"}


def test_schema_errors_of_inline_values_name_the_application(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}, **{"values.schema.json": SCHEMA})
    rendered = repo.render(application("app", path="charts/web", helm={"valuesObject": {"size": "x"}}))
    assert [str(problem.location) for problem in rendered.problems] == ["apps/app.yaml:3"]


def test_schema_of_a_subchart(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}, **{"values.yaml": "worker:\n  size: no\n"})
    repo.chart({}, "worker", "charts/web/charts/worker", **{"values.schema.json": SCHEMA})
    problem = repo.render(application("app", path="charts/web")).problems[0]
    assert (problem.field, str(problem.location)) == ("worker.size", "charts/web/values.yaml:2:3")
    assert "charts/web/charts/worker/values.schema.json" in problem.remedy


def test_skipping_schemas_goes_into_packed_subcharts(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}, **{"values.schema.json": '{"required": ["x"]}'})
    repo.chart(
        {"b.yaml": CONFIG}, "worker", "charts/web/charts/worker", **{"values.schema.json": '{"required": ["y"]}'}
    )
    assert repo.render(application("app", path="charts/web")).error
    assert len(data(repo.render(application("app", path="charts/web", helm={"skipSchemaValidation": True})))) == 1


def test_a_schema_on_the_network_is_not_fetched(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}, **{"values.schema.json": '{"$ref": "https://schemas.example.com/x.json"}'})
    rendered = repo.render(application("app", path="charts/web"))
    assert not rendered.error
    assert [(one.kind, str(one.location)) for one in rendered.problems] == [
        ("schema-remote", "charts/web/values.schema.json:1")
    ]


def test_a_file_too_large_for_helm_is_named(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}, **{"sample.json": " " * (5 * 1024 * 1024 + 1)})
    rendered = repo.render(application("app", path="charts/web"))
    assert "larger than the maximum file size" in rendered.error
    assert [str(one.location) for one in rendered.problems] == ["charts/web/sample.json"]


def test_a_value_that_asks_for_itself_is_named(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repo.engine, "timeout", 5.0)
    repo.chart({"a.yaml": CONFIG.replace("values:", "more: {{ tpl .Values.more . | quote }}\n  values:")})
    repo.write({"charts/web/dev.yaml": "other: 1\nmore: '{{ tpl .Values.more . }}/x'\n"})
    rendered = repo.render(application("app", path="charts/web", helm={"valueFiles": ["dev.yaml"]}))
    (problem,) = rendered.problems
    assert (problem.kind, problem.location.file, problem.location.line) == ("render-bound", "charts/web/dev.yaml", 2)


def test_an_int64_reaches_every_template_and_every_global(repo: Repo) -> None:
    text = CONFIG.replace("values:", 'kind: "{{ kindOf .Values.global.n }} {{ .Values.global.n }}"\n  values:')
    text = text.replace("{kind", "\n  kind").replace("quote }}}", "quote }}")
    repo.chart({"a.yaml": text}).chart({"b.yaml": text}, "sub", "charts/web/charts/sub")
    rendered = repo.render(
        application("app", path="charts/web", helm={"parameters": [{"name": "global.n", "value": "5000000"}]})
    )
    assert [one["data"]["kind"] for one in data(rendered)] == ["int64 5000000"]
    rendered = repo.render(application("app", path="charts/web", helm={"valuesObject": {"global": {"n": 5000000}}}))
    assert [one["data"]["kind"] for one in data(rendered)] == ["float64 5e+06"]


def test_parameters_whose_order_matters_are_noticed(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    helm = {"parameters": [{"name": "a", "value": "{x}"}, {"name": "a[1]", "value": "y"}]}
    assert [one.kind for one in repo.render(application("app", path="charts/web", helm=helm)).problems] == [
        "parameter-order"
    ]
    # In this order Helm refuses, in the other it does not.
    helm = {"parameters": [{"name": "a", "value": "null"}, {"name": "a.b", "value": "x"}]}
    rendered = repo.render(application("app", path="charts/web", helm=helm))
    assert (rendered.error, [one.field for one in rendered.problems]) == ("", ["spec.source.helm.parameters[1].name"])
    helm = {"parameters": [{"name": "a.b", "value": "x"}, {"name": "a.c", "value": "y"}]}
    assert not repo.render(application("app", path="charts/web", helm=helm)).problems


def test_the_commit_in_a_parameter_is_noticed(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    helm = {"parameters": [{"name": "rev", "value": "$ARGOCD_APP_REVISION"}]}
    assert [one.kind for one in repo.render(application("app", path="charts/web", helm=helm)).problems] == [
        "revision-dependent"
    ]


def test_kube_version_of_a_chart(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}).write(
        {"charts/web/Chart.yaml": 'apiVersion: v2\nname: web\nversion: 0.1.0\nkubeVersion: "<1.30"\n'}
    )
    rendered = repo.render(application("app", path="charts/web"))
    assert rendered.error == "chart requires kubeVersion: <1.30 which is incompatible with Kubernetes v1.36.0"
    assert str(rendered.problems[0].location) == "charts/web/Chart.yaml:4:1"


def test_the_lock_files_digest_is_helms(repo: Repo) -> None:
    declared = [{"name": "common", "version": "1.0.0", "repository": "file://../common"}]
    assert lock_digest(declared, declared) == LOCKED
    # Written by `helm dependency update` for a dependency with every field Helm hashes.
    declared = [
        {
            "name": "worker",
            "version": ">=0.1.0",
            "repository": "file://../worker",
            "condition": "worker.enabled",
            "tags": ["more"],
            "import-values": ["exported", {"parent": "taken", "child": "deep.values"}],
            "alias": "second",
        }
    ]
    locked = [{"name": "worker", "repository": "file://../worker", "version": "0.3.0"}]
    assert lock_digest(declared, locked) == LOCKED_WITH_EVERYTHING


LOCKED = "sha256:07cebde439abe4ba19bb28e844b7419dab83c7f613886416aaf3ec08e8059144"
LOCKED_WITH_EVERYTHING = "sha256:8b9dbd2a96518a199c8c7e9d4380ee5a6f0bafaeb8a42e4dd638def7938a4d1c"


def test_an_up_to_date_lock_builds(repo: Repo) -> None:
    declared = {"name": "lib", "version": "1.x.x", "repository": "file://../lib"}
    locked = {"name": "lib", "version": "1.2.0", "repository": "file://../lib"}
    repo.chart({"a.yaml": '{{ include "lib.x" . }}'}).chart({}, "lib", "charts/lib")
    repo.write(
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies:\n"
            "  - {name: lib, version: 1.x.x, repository: file://../lib}\n",
            "charts/web/Chart.lock": "dependencies:\n  - {name: lib, version: 1.2.0, repository: file://../lib}\n"
            f"digest: {lock_digest([declared], [locked])}\n",
            "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.2.0\ntype: library\n",
            "charts/lib/templates/_x.tpl": '{{ define "lib.x" }}kind: Secret\nmetadata: {name: x}{{ end }}',
        }
    )
    assert [one["kind"] for one in data(repo.render(application("app", path="charts/web")))] == ["Secret"]
    repo.write({"charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.3.0\ntype: library\n"})
    assert repo.render(application("app", path="charts/web")).error == "can't get a valid version for dependency lib"


def test_a_library_alone_cannot_be_installed(repo: Repo) -> None:
    repo.write({"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\ntype: library\n"})
    assert repo.render(application("app", path="charts/web")).error == "library charts are not installable"


def test_values_come_in_order(repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG}).write({"a.yaml": "k: a\nx: {p: 1}\n", "b.yaml": "k: b\nx: {q: 2}\n"})
    helm = {
        "valueFiles": ["/a.yaml", "/b.yaml"],
        "valuesObject": {"k": "inline"},
        "values": "k: ignored",
        "parameters": [{"name": "k", "value": "set"}, {"name": "x.p", "value": "7", "forceString": True}],
    }
    rendered = repo.render(application("app", path="charts/web", helm=helm))
    assert data(rendered)[0]["data"]["values"] == '{"k":"set","x":{"p":"7","q":2}}'


def test_served_apis_reach_the_templates(repo: Repo) -> None:
    text = "kind: ConfigMap\nmetadata: {name: x}\ndata: {has: '{{ .Capabilities.APIVersions.Has \"%s\" }}'}\n"
    for api, has in (
        ("policy/v1/PodDisruptionBudget", True),
        ("argoproj.io/v1alpha1/Application", True),
        ("monitoring.coreos.com/v1/ServiceMonitor", True),
        ("monitoring.coreos.com/v1/Probe", False),
    ):
        repo.chart({"a.yaml": text % api})
        rendered = repo.render(
            application("app", path="charts/web"), api_versions=("monitoring.coreos.com/v1/ServiceMonitor",)
        )
        assert data(rendered)[0]["data"]["has"] == str(has).lower()
    repo.chart({"a.yaml": text % "argoproj.io/v1alpha1/Application"})
    elsewhere = made(
        "app",
        "",
        source=dict(application(path="charts/web").sources[0].raw),
        destination={"server": "https://other.example.com", "namespace": "x"},
    )
    assert data(repo.render(elsewhere))[0]["data"]["has"] == "false"


@pytest.mark.parametrize("name", ["Rel_x", "a" * 54, "-a", ""])
def test_release_names(name: str, repo: Repo) -> None:
    repo.chart({"a.yaml": CONFIG})
    rendered = repo.render(application("app", path="charts/web", helm={"releaseName": name}))
    assert rendered.error.startswith("release name check failed") if name else not rendered.error
