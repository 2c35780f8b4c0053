"""Generators that ask a service are answered from a file."""

from __future__ import annotations

import pytest

from .conftest import Expander, kinds, manifest_text, names

PULLS = """\
set:
  pullRequest:
    - {number: "12", branch: add-redis, labels: [preview, x]}
    - {number: "13", branch: other, labels: []}
  "2.matrix.1":
    - {repository: shop}
"""
PULL = "- pullRequest: {github: {owner: o, repo: r}, values: {who: 'pr-{{ .number }}'}}"
REPOSITORIES = """
- matrix:
    generators:
      - list: {elements: [{name: a}]}
      - scmProvider: {github: {organization: o}}
"""


def test_by_kind(expand_set: Expander) -> None:
    text = manifest_text(PULL, "{name: '{{ .values.who }}', annotations: {l: '{{ .labels }} {{ typeOf .labels }}'}}")
    expansion = expand_set(text, {"recorded.yaml": PULLS}, generators="recorded.yaml")
    assert names(expansion) == ["pr-12", "pr-13"]
    assert expansion.applications[0].annotations["l"] == "[preview x] []string"
    assert [str(place) for place in expansion.applications[1].origin.parameters] == ["recorded.yaml:4:7"]


def test_by_place(expand_set: Expander) -> None:
    generators = PULL + "\n- list: {elements: [{name: b}]}\n" + REPOSITORIES.strip("\n")
    text = manifest_text(generators, "{name: '{{ .name | default .number }}-{{ .repository | default `none` }}'}")
    expansion = expand_set(text, {"recorded.yaml": PULLS}, generators="recorded.yaml")
    assert names(expansion) == ["12-none", "13-none", "a-shop", "b-none"]


def test_without_go_templates(expand_set: Expander) -> None:
    text = manifest_text(
        PULL.replace(" .number ", "number"), "{name: '{{values.who}}', annotations: {l: '{{labels}}'}}", go=False
    )
    expansion = expand_set(text, {"recorded.yaml": PULLS}, generators="recorded.yaml")
    assert names(expansion) == ["pr-12", "pr-13"]
    assert expansion.applications[0].annotations["l"] == "{{labels}}"


def test_a_plugin_gets_its_input_back(expand_set: Expander) -> None:
    plugin = "- plugin: {configMapRef: {name: c}, input: {parameters: {size: 3}}}"
    text = manifest_text(plugin, "{name: '{{ .key.a }}-{{ .generator.input.parameters.size }}'}")
    expansion = expand_set(text, {"recorded.yaml": "set: {plugin: [{key: {a: x}}]}"}, generators="recorded.yaml")
    assert names(expansion) == ["x-3"]


def test_a_cluster_decision_is_text(expand_set: Expander) -> None:
    duck = "- clusterDecisionResource: {configMapRef: c}"
    text = manifest_text(duck, "{name: '{{ .name }}', annotations: {t: '{{ typeOf .weight }} {{ .weight }}'}}")
    recorded = "set: {clusterDecisionResource: [{name: a, server: https://a, weight: 1000000}]}"
    expansion = expand_set(text, {"recorded.yaml": recorded}, generators="recorded.yaml")
    assert expansion.applications[0].annotations["t"] == "string 1e+06"


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        (None, "cannot be asked for offline"),
        ("other: {}", "cannot be asked for offline"),
        ("set: {scmProvider: []}", "cannot be asked for offline"),
        ("set: {pullRequest: {a: b}}", "must be a list of mappings"),
        ("set: {pullRequest: [text]}", "must be a list of mappings"),
        ("a: [", "recorded.yaml: line"),
        ("- list", "cannot be asked for offline"),
    ],
)
def test_not_recorded(expand_set: Expander, recorded: str | None, words: str) -> None:
    files = {} if recorded is None else {"recorded.yaml": recorded}
    expansion = expand_set(manifest_text(PULL), files, generators="" if recorded is None else "recorded.yaml")
    assert kinds(expansion) == ["generator-unsupported"]
    assert words in expansion.problems[0].message
    assert (expansion.error, names(expansion)) == ("", [])


def test_recorded_nothing_is_empty(expand_set: Expander) -> None:
    expansion = expand_set(manifest_text(PULL), {"r.yaml": "set: {pullRequest: []}"}, generators="r.yaml")
    assert kinds(expansion) == ["generator-empty"]
