"""Which line a failed render is about."""

from __future__ import annotations

import pytest

from presync.render.render import render

from .support import Repo, application

VALUES = "a: {b: 1, c: 2}\nbudget:\n  most: 1\nhost: ''\n"
ENV = "a:\n  b: 5\nbudget:\n  most: 0\n"
HELPER = '{{- define "web.name" -}}\n{{ .Values.none.name }}\n{{- end -}}\n'


@pytest.mark.parametrize(
    ("template", "place"),
    [
        # The value that is set outside the chart, of those that the chart's check names
        ('{{ fail "a.b (5) is more than a.c (2)" }}', "envs/web.yaml:2"),
        ('{{ fail "a.c (2) is less than a.b (5)" }}', "envs/web.yaml:2"),
        ('{{ fail "budget: nobody could go: write most: 1" }}', "envs/web.yaml:4"),
        # One word, with what to use instead
        ('{{ fail "budget holds most, which the chart decides: use a.c" }}', "envs/web.yaml:3"),
        # One that is missing: what it would stand beside
        ('{{ required "a.d is empty" .Values.a.d }}', "envs/web.yaml:1"),
        # Only the defaults
        ('{{ fail "a.c is too small" }}', "charts/web/values.yaml:1"),
        # No value: the template
        ('x: 1\n{{ fail "no" }}', "charts/web/templates/t.yaml:2"),
        ('{{ include "web.nam" . }}', "charts/web/templates/t.yaml:1"),
        ('{{ include "web.name" . }}', "charts/web/templates/_h.tpl:2"),
        ("x: 1\n{{ if }}{{ end }}", "charts/web/templates/t.yaml:2"),
    ],
)
def test_render(repo: Repo, template: str, place: str) -> None:
    repo.chart({"t.yaml": template, "_h.tpl": HELPER}).write({"charts/web/values.yaml": VALUES, "envs/web.yaml": ENV})
    found = render(application(path="charts/web", helm={"valueFiles": ["/envs/web.yaml"]}), repo.context())
    [problem] = found.problems
    assert found.error
    assert problem.kind == "render-failed"
    assert f"{problem.location.file}:{problem.location.line}" == place, found.error


def test_values_that_are_no_yaml(repo: Repo) -> None:
    repo.chart({"t.yaml": "x: 1\n"}).write({"envs/web.yaml": "a: 1\nb:\n\tc: 2\n"})
    found = render(application(path="charts/web", helm={"valueFiles": ["/envs/web.yaml"]}), repo.context())
    [problem] = found.problems
    assert (problem.location.file, problem.location.line) == ("envs/web.yaml", 3), found.error
