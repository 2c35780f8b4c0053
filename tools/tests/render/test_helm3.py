"""Argo CD 3.3 and 3.4 run Helm 3.19: the engine, which is Helm 4, is made to give what that gives.

``cases/helm-3.19.4.json`` holds what Helm 3.19.4 itself made of charts and values with nulls in every place, and a
digest of what it made of the cases of test_helm_cli.py. With the program at hand (PRESYNC_HELM3) the charts of this
repository are compared too, and ``python -m tests.render.test_helm3`` records again. The program is
``go install helm.sh/helm/v3/cmd/helm@v3.19.4``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from presync.engine import Engine
from presync.render import apis, helm3
from presync.settings import Settings
from tests.render.cli_cases import CASES, Case
from tests.render.support import ROOT, Repo, application, copied, helm_template
from tests.render.test_helm_cli import CHARTS, ENVIRONMENTS, NASTY, compare, lines

RECORDED = Path(__file__).parent / "cases" / "helm-3.19.4.json"
PROGRAM = os.environ.get("PRESYNC_HELM3", "")
SETTINGS = Settings(argocd="3.4")
_SHOW = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata:\n  values: {{ .Values | toJson | quote }}\n"
_CHART = "apiVersion: v2\nname: %s\nversion: 1.0.0\n"
_MAIN = """\
top: null
keep: 1
table: {a: 1, none: null, deep: {m: null, x: 2}}
onlynull: {z: null}
gone: null
sub: {p: null, q: 3, r: {s: null}}
other: {own: 1}
list: [null, {a: null}]
global: {g: null, h: 1}
"""
_SUB = """\
p: 5
q: 4
own: null
t: {u: null, v: 1}
r: {s: 7, w: null}
global: {h: 2, i: null}
"""
_VALUES = {
    "none": "{}",
    "several": "gone: null\nkeep: null\ntable: {none: null, a: null, new: null, deep: {m: 3}}\nnew: null\n",
    "below": "sub: {own: null, t: {u: null, k: null}, q: null}\n",
    "table away": "table: null\nonlynull: null\nsub: {t: null, r: null}\n",
    "scalars": "table: 5\nonlynull: text\nsub: {t: 1}\n",
    "globals": "global: {g: 1, h: null, i: null, n: null}\n",
    "alias": "other: {own: null, p: null, t: {u: 4}}\nsub: {own: 3}\n",
    "documents": "keep: 2\n---\nkeep: 3\nsecond: 1\n",
    "first document is empty": "---\n---\nkeep: 3\n",
    "marks": "# words\n---\nkeep: 2\n...\nkeep: 3\n",
    "disabled": "other: null\ntags: {more: false}\n",
    "set": "sub: {own: {a: null}, t: {v: {w: null}}}\ntop: {a: null}\n",
}


def _nulls(repo: Repo) -> None:
    dependencies = (
        "dependencies:\n- {name: sub, version: 1.0.0}\n- {name: sub, version: 1.0.0, alias: other, tags: [more]}\n"
    )
    main, sub = "charts/main", "charts/main/charts/sub"
    repo.write(
        {
            f"{main}/Chart.yaml": _CHART % "main" + dependencies,
            f"{main}/values.yaml": _MAIN,
            f"{main}/templates/a.yaml": _SHOW % "main",
            f"{sub}/Chart.yaml": _CHART % "sub",
            f"{sub}/values.yaml": _SUB,
            f"{sub}/templates/a.yaml": _SHOW % "{{ .Chart.Name }}",
        }
    )


def _recorded(group: str, name: str) -> Any:
    return json.loads(RECORDED.read_text("utf-8"))[group][name]


def _digest(objects: list[dict[str, Any]]) -> str:
    return hashlib.sha256("\n".join(lines(objects)).encode()).hexdigest()


@pytest.fixture
def repo34(repo: Repo) -> Repo:
    return dataclasses.replace(repo, settings=SETTINGS)


@pytest.mark.parametrize("name", _VALUES)
def test_nulls_and_documents(name: str, repo34: Repo) -> None:
    _nulls(repo34)
    repo34.write({"charts/main/v.yaml": _VALUES[name]})
    rendered = repo34.render(application("x", path="charts/main", helm={"valueFiles": ["v.yaml"]}))
    assert not rendered.error, rendered.error
    if name == "globals":
        assert [one.kind for one in rendered.problems] == ["helm-version"]
        return
    found = {one.name: json.loads(one.data["data"]["values"]) for one in rendered.resources}
    assert found == _recorded("nulls", name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nasty_chart(case: Case, repo34: Repo) -> None:
    rendered = repo34.render(_nasty(case, repo34))
    recorded = _recorded("nasty", case.name)
    assert bool(rendered.error) == bool(recorded.get("error")), rendered.error or recorded
    if not rendered.error:
        assert _digest([dict(one.data) for one in rendered.resources]) == recorded["objects"]


def _nasty(case: Case, repo: Repo) -> Any:
    copied(NASTY, repo.root / "charts")
    show = repo.root / "charts" / "main" / "templates" / "values.yaml"  # .Chart is a struct in Helm 3, a map in Helm 4
    show.write_text("".join(line for line in show.read_text().splitlines(True) if ".Chart | toJson" not in line))
    repo.write({f"charts/main/{name}": text for name, text in case.files.items() if name != "inline.yaml"})
    return application("nasty", case.namespace, path="charts/main", helm=case.helm)


@pytest.mark.skipif(not PROGRAM, reason="NOT COMPARED WITH HELM 3: set PRESYNC_HELM3")
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda path: path.name)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda path: path.name)
def test_charts_of_this_repository(chart: Path, environment: Path, repo34: Repo, tmp_path: Path) -> None:
    for name in ("charts", "envs"):
        copied(ROOT / name, repo34.root / name)
    work = copied(repo34.root, tmp_path / "work")
    values = [environment / "globals.yaml", environment / chart.name / "values.yaml"]
    given = [path.relative_to(ROOT).as_posix() for path in values if path.is_file()]
    cases = [given, *([given[0], path.relative_to(ROOT).as_posix()] for path in sorted(chart.glob("ci/*-values.yaml")))]
    for names in cases:
        app = application("app", "apps", path=f"charts/{chart.name}", helm={"valueFiles": [f"/{one}" for one in names]})
        arguments = [part for one in names for part in ("--values", str(work / one))]
        versions = apis.for_application("1.36", app, ())
        folder = work / "charts" / chart.name
        real = helm_template(PROGRAM, folder, "app", "apps", arguments=arguments, api_versions=versions)
        compare(repo34.render(app), real)


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ .Capabilities.HelmVersion.Version }}", "version of Helm"),
        ("{{ .Chart.Nope }}", "uses .Chart.Nope"),
        ("{{ toJson .Chart | quote }}", "as a map"),
        ("{{ .Chart | toYaml | quote }}", "as a map"),
        ('{{ .Chart.Name }}-{{ $.Chart.AppVersion }} {{ include "x.Chart.y" (dict "c" .Chart) }}', ""),
        ("{{/* .Chart.Nope and .Capabilities.HelmVersion */}}", ""),
    ],
)
def test_what_cannot_be_told_is_reported(template: str, says: str, repo34: Repo) -> None:
    helper = '{{- define "x.Chart.y" }}y{{ end }}'
    repo34.chart({"a.yaml": f"apiVersion: v1\nkind: X\nmetadata: {{name: a}}\nv: {template}\n", "_h.tpl": helper})
    told = [one.message for one in repo34.render(application(path="charts/web")).problems if one.kind == "helm-version"]
    assert [says in message for message in told] == ([True] if says else [])
    newest = dataclasses.replace(repo34, settings=Settings())
    assert not newest.render(application(path="charts/web")).problems


def test_a_function_that_came_later(repo34: Repo) -> None:
    repo34.chart({"a.yaml": "kind: X\nv: {{ mustToToml .Values }}\n"})
    assert 'a.yaml:2): function "mustToToml" not defined' in repo34.render(application(path="charts/web")).error


def test_webhook_configurations_come_last(repo34: Repo) -> None:
    kinds = ["MutatingWebhookConfiguration", "Widget", "AThing"]
    repo34.chart({f"{kind}.yaml": f"apiVersion: a/v1\nkind: {kind}\nmetadata: {{name: a}}\n" for kind in kinds})
    order = [one.kind for one in repo34.render(application(path="charts/web")).resources]
    assert order == ["AThing", "MutatingWebhookConfiguration", "Widget"]


@pytest.mark.parametrize(
    ("version", "argocd", "fine"), [("v3", "3.4", True), ("v4", "3.4", False), ("v4", "3.5", True)]
)
def test_version_of_helm(version: str, argocd: str, fine: bool, repo: Repo) -> None:
    repo.chart({"a.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: a}\n"})
    there = dataclasses.replace(repo, settings=Settings(argocd=argocd))
    assert bool(there.render(application(path="charts/web", helm={"version": version})).error) != fine


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a: 1\n", "a: 1\n"),
        ("# x\n---\na: 1\n---\nb: 2\n", "# x\n\na: 1\n"),
        ("--- {a: 1}\n---\nb: 2\n", " {a: 1}\n"),
        ("a: |\n  ---\nb: 1\n", "a: |\n  ---\nb: 1\n"),
    ],
)
def test_first_document(text: str, first: str) -> None:
    assert helm3.first_document(text) == first


def _record(program: str) -> None:
    found: dict[str, dict[str, Any]] = {"nulls": {}, "nasty": {}}
    with Engine(1) as engine, tempfile.TemporaryDirectory() as place:
        for number, (name, values) in enumerate(_VALUES.items()):
            repo = Repo(Path(place) / f"n{number}", engine)
            _nulls(repo)
            repo.write({"charts/main/v.yaml": values})
            real = helm_template(program, repo.root / "charts" / "main", "x", "apps", arguments=["--values", "v.yaml"])
            assert not real.error, real.error
            found["nulls"][name] = {one["metadata"]["name"]: json.loads(one["data"]["values"]) for one in real.objects}
        for number, case in enumerate(CASES):
            repo = Repo(Path(place) / f"c{number}", engine, SETTINGS)
            repo.root.mkdir()
            app = _nasty(case, repo)
            repo.write({f"charts/main/{name}": text for name, text in case.files.items()})
            real = helm_template(
                program,
                repo.root / "charts" / "main",
                "nasty",
                case.namespace,
                arguments=case.arguments,
                api_versions=apis.for_application("1.36", app, ()),
                crds=case.crds,
            )
            found["nasty"][case.name] = {"error": real.error} if real.error else {"objects": _digest(real.objects)}
    RECORDED.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    _record(PROGRAM)
