"""Go templates come out as Argo CD's own code evaluates them, one at a time and many at once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from presync.argocd.appset.evaluation import Evaluation, Failure, TooCostly, Unclear
from presync.argocd.appset.govalues import Params, StrList, StrMap
from presync.argocd.appset.templating import GoTemplates, OptionError, missing_mode
from presync.base import goyaml
from presync.engine import Engine

DATA = goyaml.load((Path(__file__).parent / "templates.yaml").read_text())
MODES = ("default", "error", "zero")
# Refused as well, but the engine says it in other words or names another place.
OTHER_WORDS = {
    *((template, mode) for template in ("{{ normalize .replicas }}", "{{ normalize }}", "{{ .") for mode in MODES),
    ("{{ len .missing }}", "default"),
}


def _parameters() -> Params:
    params: Params = copy.deepcopy(DATA["parameters"])
    for place in DATA["texts"]:
        *steps, last = place.split(".")
        at: Any = params
        for step in steps:
            at = at[step]
        at[last] = StrMap(at[last]) if isinstance(at[last], dict) else StrList(at[last])
    return params


def _cases() -> Iterator[Any]:
    for case in DATA["cases"]:
        for mode in MODES:
            yield pytest.param(case["template"], mode, case.get("all") or case[mode], id=f"{mode}: {case['template']}")


@pytest.mark.parametrize(("template", "mode", "expected"), list(_cases()))
def test_one(engine: Engine, template: str, mode: str, expected: dict[str, str]) -> None:
    (result,) = GoTemplates(engine, mode).evaluate([Evaluation(template, _parameters())])
    if "text" in expected:
        assert result == expected["text"]
    else:
        assert isinstance(result, Failure)
        told = result.message.replace(f"template {template}: ", "template: ", 1)
        assert told == expected["refused"] or (template, mode) in OTHER_WORDS


def test_all_at_once(engine: Engine) -> None:
    """Many templates and parameter sets in one call are the same as one by one."""
    good = [case["template"] for case in DATA["cases"] if "text" in (case.get("all") or case["error"])]
    good = [text for text in good if "set ." not in text]  # it changes the parameters for those after it
    sets = [{**_parameters(), "env": env} for env in ("prod", "dev", "<&>")]
    together = GoTemplates(engine, "error").evaluate([Evaluation(text, one) for one in sets for text in good])
    alone = [GoTemplates(engine, "error").evaluate([Evaluation(text, one)])[0] for one in sets for text in good]
    assert together == alone


def test_the_first_failure_counts(engine: Engine) -> None:
    """In the order of the evaluations, whatever the engine stumbles over first."""
    texts = ["{{ upper .name }}", "{{ .name | nope }}", "{{ upper .number }}", "{{ index .list 9 }}"]
    params: Params = {"name": "a", "number": 3, "list": []}
    results = GoTemplates(engine, "error").evaluate([Evaluation(text, params) for text in texts])
    first = next(result for result in results if isinstance(result, Failure))
    assert "parse template {{ .name | nope }}" in first.message
    results = GoTemplates(engine, "error").evaluate([Evaluation(text, params) for text in reversed(texts)])
    first = next(result for result in results if isinstance(result, Failure))
    assert "index out of range: 9" in first.message


def test_going_on_after_failures(engine: Engine) -> None:
    params: Params = {"name": "a"}
    texts = ["{{ upper .name }}", "{{ nope }}", "{{ .x }}", "{{ lower .x }}", "plain", "{{ .name | quote }}"]
    results = GoTemplates(engine, "error").evaluate([Evaluation(text, params) for text in texts], keep_going=True)
    assert [result if isinstance(result, str) else "failed" for result in results] == [
        "A",
        "failed",
        "failed",
        "failed",
        "plain",
        '"a"',
    ]


def test_changes_of_the_parameters_are_seen_by_what_follows(engine: Engine) -> None:
    """As in Argo CD, where all templates of an Application share one map."""
    params: Params = {"name": "a"}
    texts = ['{{ $_ := set . "more" "x" }}{{ .name }}', "{{ .more }}"]
    assert GoTemplates(engine, "error").evaluate([Evaluation(text, params) for text in texts]) == ["a", "x"]
    assert params == {"name": "a"}


def test_typed_maps_inside_lists(engine: Engine) -> None:
    """flatList hands templates a list of clusters, each with a map of texts."""
    params: Params = {"clusters": [{"metadata": {"labels": StrMap({"a": "1"})}}]}
    text = '{{ range .clusters }}{{ typeOf .metadata.labels }}[{{ index .metadata.labels "b" }}]{{ end }}'
    assert GoTemplates(engine, "error").evaluate([Evaluation(text, params)]) == ["map[string]string[]"]


def test_many_attempts_take_few_calls(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix tries every value of its second generator with every set of its first; most fail."""
    calls: list[str] = []
    original = engine.call

    def counted(operation: str, *arguments: Any, **header: Any) -> Any:
        calls.append(operation)
        return original(operation, *arguments, **header)

    monkeypatch.setattr(engine, "call", counted)
    texts = [
        "{{ .later | upper }}",
        "{{ .name | upper }}",
        "{{ nope .name }}",
        "{{ if .name }}{{ .name | quote }}{{ end }}",
    ]
    evaluations = [Evaluation(text, {"name": f"n{number}"}) for number in range(300) for text in texts]
    results = GoTemplates(engine, "default").attempt(evaluations)
    assert [one.message if isinstance(one, Failure) else one for one in results[4:8]] == [
        'failed to execute go template {{ .later | upper }}: template: base: map has no entry for key "later"',
        "N1",
        'failed to parse template {{ nope .name }}: template: base:1: function "nope" not defined',
        '"n1"',
    ]
    assert sum(isinstance(one, Failure) for one in results) == 600
    assert len(calls) < 10


def test_what_cannot_be_told_is_said(engine: Engine) -> None:
    """Inside of range the engine cannot tell a missing name from null, nor a map of texts from another."""
    deep: Params = {"items": [{"x": {"y": 1}}, {"z": 1}]}
    with pytest.raises(Unclear):
        GoTemplates(engine, "default").evaluate([Evaluation("{{ range .items }}{{ .x.y }}{{ end }}", deep)])
    typed: Params = {"values": StrMap({"a": "b"})}
    with pytest.raises(Unclear):
        GoTemplates(engine, "default").evaluate([Evaluation("{{ with .values }}{{ .nope }}{{ end }}", typed)])
    text = "{{ with .values }}{{ .a }}{{ end }}"
    assert GoTemplates(engine, "default").evaluate([Evaluation(text, typed)]) == ["b"]


def test_a_loop_is_bounded() -> None:
    with Engine(workers=1, timeout=1) as engine, pytest.raises(TooCostly):
        text = "{{ range until 30000 }}{{ range until 30000 }}{{ end }}{{ end }}"
        GoTemplates(engine, "error").evaluate([Evaluation(text, {"name": "a"})])


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ([], "default"),
        (["missingkey=error"], "error"),
        (["missingkey=invalid"], "default"),
        (["missingkey=error", "missingkey=zero"], "zero"),
    ],
)
def test_options(options: list[str], mode: str) -> None:
    assert missing_mode(options) == mode


@pytest.mark.parametrize(
    ("option", "words"), [("missingkey=no", "unrecognized option: missingkey=no"), ("", "empty option string")]
)
def test_options_that_do_not_exist(option: str, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        missing_mode([option])


def test_what_comes_before_a_failure_has_its_result(engine: Engine) -> None:
    sets: list[Params] = [{"name": "a"}, {"name": "b", "bad": True}]
    texts = ['{{ if get . "bad" }}{{ fail "bad" }}{{ end }}{{ upper .name }}', "{{ lower .name }}"]
    evaluations = [Evaluation(text, one) for one in sets for text in texts]
    results = GoTemplates(engine, "error").evaluate(evaluations)
    assert results[:2] == ["A", "a"]
    assert isinstance(results[2], Failure)
