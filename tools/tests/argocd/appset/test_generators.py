"""Bounds of generators, and many instances at once."""

from __future__ import annotations

import time

import pytest

from presync.argocd.appset import generation, generators, matrix

from .conftest import URL, Expander, kinds, manifest_text, names


def _elements(name: str, count: int, more: str = "") -> str:
    return "[" + ", ".join(f"{{{name}: '{number}{more}'}}" for number in range(count)) + "]"


@pytest.mark.parametrize("more", ["", "{{ .a }}"])
def test_a_huge_matrix_is_refused_before_it_is_built(expand_set: Expander, more: str) -> None:
    lists = f"{{list: {{elements: {_elements('a', 5000)}}}}}, {{list: {{elements: {_elements('b', 5000, more)}}}}}"
    text = manifest_text(f"- matrix: {{generators: [{lists}]}}\n- list: {{elements: [{{name: x}}]}}")
    begin = time.monotonic()
    expansion = expand_set(text)
    assert time.monotonic() - begin < 10  # most of it is reading 10,000 elements
    assert kinds(expansion) == ["generator-too-large"]
    assert "25,000,000 combinations (at most 100,000)" in expansion.problems[0].message
    assert names(expansion) == ["x"]


def test_a_huge_matrix_of_files(expand_set: Expander, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "MAX_SETS", 20)
    git = f"{{git: {{repoURL: {URL}, revision: HEAD, files: [{{path: f.yaml}}], pathParamPrefix: x}}}}"
    text = manifest_text(f"- matrix: {{generators: [{git}, {git.replace('x}', 'z}')}]}}")
    expansion = expand_set(text, {"f.yaml": _elements("name", 5)})
    assert kinds(expansion) == ["generator-too-large"]
    assert "25 combinations" in expansion.problems[0].message


def test_too_many_templates(expand_set: Expander, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "MAX_EVALUATIONS", 9)
    second = "{list: {elements: [{b: '{{ .a }}', c: '{{ .a }}'}]}}"
    lists = f"{{list: {{elements: {_elements('a', 5)}}}}}, {second}"
    assert kinds(expand_set(manifest_text(f"- matrix: {{generators: [{lists}]}}"))) == ["generator-too-large"]


def test_too_many_values(expand_set: Expander, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "MAX_EVALUATIONS", 9)
    git = f"- git: {{repoURL: {URL}, revision: HEAD, files: [{{path: f.yaml}}], values: {{a: b}}}}"
    assert kinds(expand_set(manifest_text(git), {"f.yaml": _elements("name", 10)})) == ["generator-too-large"]


def test_instances_do_not_share_what_they_change(expand_set: Expander) -> None:
    """Every instance of the second generator has parameters of its own."""
    text = manifest_text(
        """
        - matrix:
            generators:
              - list: {elements: [{name: a, map: {x: a}}, {name: b}]}
              - merge:
                  mergeKeys: [key]
                  generators:
                    - list: {elements: [{key: k, map: {base: '1'}}]}
                    - list: {elements: [{key: k, map: {over: '{{ .name }}'}}]}
        """,
        "{name: '{{ .name }}', annotations: {map: '{{ toJson .map }}'}}",
    )
    expansion = expand_set(text)
    assert {one.name: one.annotations["map"] for one in expansion.applications} == {
        "a": '{"base":"1","over":"a","x":"a"}',
        "b": '{"base":"1","over":"b"}',
    }


def test_an_undetermined_child_leaves_the_matrix_undetermined(expand_set: Expander) -> None:
    for first, second in (
        ("clusters: {}", "list: {elements: [{name: a}]}"),
        ("list: {elements: [{name: a}]}", "clusters: {}"),
    ):
        expansion = expand_set(manifest_text(f"- matrix: {{generators: [{{{first}}}, {{{second}}}]}}"))
        assert kinds(expansion) == ["generator-unsupported"]
        assert expansion.error == ""
    merge = "- merge: {mergeKeys: [name], generators: [{list: {elements: [{name: a}]}}, {clusters: {}}]}"
    assert kinds(expand_set(manifest_text(merge))) == ["generator-unsupported"]


def test_origins_of_a_combination(expand_set: Expander) -> None:
    text = manifest_text("- matrix: {generators: [{list: {elements: [{name: a}]}}, {list: {elements: [{x: b}]}}]}")
    (application,) = expand_set(text).applications
    assert [str(place) for place in application.origin.parameters] == ["apps/set.yaml:8:48", "apps/set.yaml:8:81"]
