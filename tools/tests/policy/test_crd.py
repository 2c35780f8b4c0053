"""Rules of a CRD: asked where policies are, so with Kubernetes' functions, and within the same bounds."""

from __future__ import annotations

from typing import Any

import pytest

from presync.policy.crd import Asking, Refusal, refusals

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [
                {"rule": "quantity(self.size).isLessThan(quantity('1Gi'))", "message": "large"}
            ],
            "properties": {
                "size": {"type": "string"},
                "share": {
                    "type": "number",
                    "default": 1,
                    "x-kubernetes-validations": [{"rule": "self < 1.0"}, {"rule": "self >= oldSelf"}],
                },
            },
        }
    },
}


def said(spec: dict[str, Any]) -> list[Refusal]:
    with Asking() as asking:
        return list(refusals(SCHEMA, {"spec": spec}, asking))


def test_a_rule_is_asked_of_the_value_it_stands_at_with_defaults_filled_in() -> None:
    assert said({"size": "500Mi", "share": 0.5}) == []
    assert said({"size": "2Gi", "share": 0}) == [Refusal(("spec",), "large")]
    assert said({"size": "1Ki"}) == [Refusal(("spec", "share"), "failed rule: self < 1.0")]


def test_what_cannot_be_evaluated_is_undetermined() -> None:
    (one,) = said({"size": "1 apple", "share": 0})
    assert one.undetermined
    (one,) = said({"share": 0})
    assert one.undetermined


@pytest.mark.parametrize(
    "rule",
    [
        "self.find('(a+)+$') == ''",
        "quantity('1E999999999').isGreaterThan(quantity('1'))",
    ],
)
def test_a_rule_that_exceeds_a_bound_is_given_up_and_the_next_is_asked(rule: str) -> None:
    with Asking(timeout=2) as asking:
        holds, reason = asking.holds(rule, "a" * 40 + "b")
        assert not holds
        assert reason
        assert asking.holds(rule, "a") == (False, reason)
        assert asking.holds("self == 'a'", "a") == (True, "")
