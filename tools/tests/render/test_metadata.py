"""A mistake in a Chart.yaml is shown there, in Helm's words."""

from __future__ import annotations

import pytest

from presync.render.render import render

from .support import Repo, application

GOOD = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
DEPENDENCY = "dependencies:\n  - name: base\n    version: 1.x\n    repository: file://../base\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("apiVersion: v2\nversion: 0.1.0\n", 1, "validation: chart.metadata.name is required"),
        ("apiVersion: v2\nname: a/b\nversion: 0.1.0\n", 2, 'validation: chart.metadata.name "a/b" is invalid'),
        ("apiVersion: v2\nname: [web]\nversion: 0.1.0\n", 2, "Go struct field Metadata.name of type string"),
        ("apiVersion: v2\nname: web\n", 1, "validation: chart.metadata.version is required"),
        ("name: web\nversion: first\n", 2, 'validation: chart.metadata.version "first" is invalid'),
        ("name: web\nversion: 0.1.0\napiVersion: v3\n", 3, "invalid chart apiVersion"),
        (f"{GOOD}type: aplication\n", 4, "validation: chart.metadata.type must be application or library"),
        (f"{GOOD}type: library\n", 4, "library charts are not installable"),
        ("- a\n", 1, "cannot unmarshal array"),
        ("apiVersion: v2\n name: web\n", 2, "mapping values are not allowed"),
        (f"{GOOD}dependencies: base\n", 4, "Go struct field Metadata.dependencies"),
        (GOOD + DEPENDENCY.replace("../base", "../bsae"), 7, "directory ../bsae not found"),
        (
            GOOD + DEPENDENCY.replace("file://../base", "charts.example.com"),
            7,
            "no repository definition for charts.ex",
        ),
        (GOOD + DEPENDENCY.replace("1.x", "2.x"), 6, "can't get a valid version for 1 subchart"),
        (GOOD + DEPENDENCY.replace("1.x", "'>>1'"), 6, "improper constraint"),
        (GOOD + DEPENDENCY.replace("name: base", "name: bsae"), 5, "but missing in charts/ directory: bsae"),
        (f"{GOOD}dependencies: [{{name: one, version: 1.x}}]\n", 4, "directory charts/one not found"),
        (GOOD + DEPENDENCY + DEPENDENCY.partition("\n")[2], 8, 'more than one dependency with name or alias "base"'),
        (GOOD + DEPENDENCY + "    alias: a b\n", 8, 'dependency "base" has disallowed characters in the alias'),
    ],
)
def test_the_line_of_the_field(repo: Repo, text: str, line: int, words: str) -> None:
    repo.chart({"a.yaml": "kind: X\n"}).chart({}, "base", "charts/base")
    base = "apiVersion: v2\nname: base\nversion: 1.2.0\n"
    repo.write({"charts/web/Chart.yaml": text, "charts/base/Chart.yaml": base})
    found = render(application(path="charts/web"), repo.context())
    [problem] = found.problems
    assert words in found.error
    assert (problem.location.file, problem.location.line) == ("charts/web/Chart.yaml", line)


def test_a_subchart_in_a_folder(repo: Repo) -> None:
    repo.chart({"a.yaml": "kind: X\n"})
    repo.write({"charts/web/charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: x\n"})
    found = render(application(path="charts/web"), repo.context())
    [problem] = found.problems
    assert "error unpacking subchart inner in web" in found.error
    assert (problem.location.file, problem.location.line) == ("charts/web/charts/inner/Chart.yaml", 3)


def test_a_dependency_that_is_not_vendored(repo: Repo) -> None:
    repo.chart({"a.yaml": "kind: X\n"})
    repo.write({"charts/web/Chart.yaml": GOOD + DEPENDENCY.replace("file://../base", "https://charts.example.com")})
    found = render(application(path="charts/web"), repo.context())
    assert [str(one.location) for one in found.problems] == ["charts/web/Chart.yaml:6:5"]
