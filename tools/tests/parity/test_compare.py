"""Comparing forgives what the module about normalisation names, and nothing else."""

from __future__ import annotations

from parity import compare, normalise
from parity.model import Case, Outcome
from parity.verdict import DIFFERS, EQUAL, UNSUPPORTED, judge

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}}
APPLICATION = {"metadata": {"name": "a", "namespace": "argocd"}, "spec": {"destination": {"namespace": "n"}}}


def outcome(**rendered: object) -> Outcome:
    found = Outcome(applications={"a": dict(APPLICATION)})
    for name, value in rendered.items():
        setattr(found, name, value)
    return found


def case(unsupported: tuple[str, ...] = (), differs: str = "") -> Case:
    return Case("group", "a", "why", "", {}, unsupported=unsupported, differs=differs)


def test_text_and_number_are_not_the_same() -> None:
    [found] = compare.objects("x", {"a": "1", "b": True}, {"a": 1, "b": True})
    assert str(found).startswith("x a")
    assert list(compare.objects("x", {"a": 1}, {"a": True}))
    assert not list(compare.objects("x", normalise.numbers({"a": 1.0}), {"a": 1}))


def test_a_missing_object_a_missing_field_and_another_value_differ() -> None:
    other = {**CONFIG, "data": {"k": "2", "new": ""}}
    left, right = outcome(rendered={"a": [CONFIG]}), outcome(rendered={"a": [other]})
    assert [one.what for one in compare.differences(left, right)] == [
        "render/a.yaml ConfigMap a data.k",
        "render/a.yaml ConfigMap a data.new",
    ]
    assert compare.differences(left, outcome(rendered={"a": []}))
    assert compare.differences(left, Outcome())
    assert not compare.differences(left, left)


def test_an_error_has_to_have_the_same_reason() -> None:
    theirs = outcome(errors={"a": "rpc error: code = Unknown desc = helm failed: Error: open <repository>/x.yaml: no"})
    assert not compare.differences(theirs, outcome(errors={"a": "open x.yaml: no"}))
    assert compare.differences(theirs, outcome(errors={"a": "open y.yaml: no"}))
    assert compare.differences(theirs, outcome(errors={"a": "no"})), "too short an end of the chain"
    assert compare.differences(theirs, outcome(rendered={"a": []}))
    assert compare.differences(outcome(rendered={"a": []}), theirs)


def test_a_refusal_has_to_be_there_on_both_sides() -> None:
    theirs, ours = outcome(denied={"a": "namespace n is not permitted"}), outcome()
    assert compare.differences(theirs, ours)
    assert compare.differences(ours, theirs)
    assert not compare.differences(theirs, theirs)


def test_only_what_a_case_allows_may_be_missing() -> None:
    theirs = outcome(rendered={"a": [CONFIG]})
    unknown = outcome(undetermined={"a": "no network"}, rules={"a": {"ARG035"}})
    assert judge(case(), theirs, unknown).result == DIFFERS
    assert judge(case(("ARG035",)), theirs, unknown).result == UNSUPPORTED
    assert judge(case(("ARG036",)), theirs, unknown).result == DIFFERS
    wrong = outcome(rendered={"a": [{**CONFIG, "data": {}}, CONFIG]}, rules={"a": {"ARG035"}})
    wrong.rendered["a"][1] = {**CONFIG, "metadata": {"name": "b"}}
    assert judge(case(("ARG035",)), theirs, wrong).result == DIFFERS
    assert judge(case(), theirs, outcome(rendered={"a": [CONFIG]})).result == EQUAL


def test_normalising_leaves_what_counts() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "eA=="}}
    assert normalise.manifest(secret)["data"] == {"a": "(masked)"}
    assert normalise.manifest({**secret, "stringData": {"b": "x"}})["data"].keys() == {"a", "b"}
    tracked = {**CONFIG, "metadata": {"name": "a", "annotations": {normalise.TRACKING: "x"}}}
    assert normalise.manifest(tracked) == CONFIG
    twice = [CONFIG, {**CONFIG, "metadata": {"name": "a", "namespace": "n"}, "data": {"k": "2"}}]
    assert [value["data"] for value in normalise.manifests(twice, "n")] == [{"k": "2"}]
    assert len(normalise.manifests(twice, "other")) == 2
