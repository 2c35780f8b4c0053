"""Selectors as Kubernetes reads them."""

from __future__ import annotations

from typing import Any

import pytest

from presync.argocd.appset.selectors import SelectorError, parse

LABELS = {"env": "dev", "tier": "web"}


def _expression(operator: str, key: str = "env", **more: Any) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, **more}]}


@pytest.mark.parametrize(
    ("data", "matches"),
    [
        ({}, True),
        ({"matchLabels": {"env": "dev", "tier": "web"}}, True),
        ({"matchLabels": {"env": "dev", "tier": "db"}}, False),
        ({"matchLabels": {"other": ""}}, False),
        (_expression("In", values=["prod", "dev"]), True),
        (_expression("NotIn", values=["prod"]), True),
        (_expression("NotIn", key="other", values=["x"]), True),
        (_expression("Exists"), True),
        (_expression("DoesNotExist"), False),
        (_expression("DoesNotExist", key="other"), True),
    ],
)
def test_matches(data: dict[str, Any], matches: bool) -> None:
    assert parse(data, check_values=True).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("data", "check", "words"),
    [
        (_expression("Gt", values=["1"]), False, '"Gt" is not a valid pod selector operator'),
        (_expression("Gt", values=["1"]), True, '"Gt" is not a valid label selector operator'),
        (_expression("Exists", values=["1"]), False, "values set must be empty"),
        (_expression("In"), False, "Invalid value: null: for 'in', 'notin' operators"),
        ({"matchLabels": {"a b": "x"}}, False, 'key: Invalid value: "a b": name part must consist'),
        ({"matchLabels": {"/a": "x"}}, False, "prefix part must be non-empty"),
        ({"matchLabels": {"a": "https://x"}}, True, 'Invalid value: "https://x": a valid label must be'),
    ],
)
def test_refused(data: dict[str, Any], check: bool, words: str) -> None:
    with pytest.raises(SelectorError) as raised:
        parse(data, check_values=check)
    assert words in str(raised.value)


def test_a_generator_takes_any_value() -> None:
    assert parse({"matchLabels": {"url": "https://x"}}, check_values=False).matches({"url": "https://x"})
