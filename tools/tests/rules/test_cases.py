"""Every rule fires where it must and is silent where it must be: the cases beside this file."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from presync.base import goyaml
from presync.base.finding import Finding
from presync.change import compare
from presync.findings.change import collect_change
from presync.findings.collect import collect
from presync.rules.registry import registry

from .support import platform

CASES = Path(__file__).parent / "cases"
TODAY = datetime.date(2026, 11, 22)
IDS = [rule.id for rule in registry()]


def cases(rule: str) -> Mapping[str, list[Any]]:
    loaded = goyaml.load((CASES / f"{rule}.yaml").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def each(kind: str) -> list[Any]:
    return list(_each(kind))


def _each(kind: str) -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for at, case in enumerate(cases(path.stem).get(kind) or ()):
            yield pytest.param(path.stem, case, id=f"{path.stem}-{case.get('name', at)}")


def found(rule: str, case: Mapping[str, Any]) -> list[Finding]:
    if "base" in case:
        return [
            one
            for one in collect_change(compare(platform(case["base"]), platform(case["head"])), TODAY)
            if one.rule == rule
        ]
    return [one for one in collect(platform(case), today=TODAY) if one.rule == rule]


@pytest.mark.parametrize("rule", IDS)
def test_every_rule_has_cases_of_both_kinds(rule: str) -> None:
    assert (CASES / f"{rule}.yaml").is_file(), f"write tests/rules/cases/{rule}.yaml"
    known = cases(rule)
    assert known.get("fires") and known.get("silent"), f"{rule}.yaml needs fires: and silent:"


def test_no_cases_without_a_rule() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} <= set(IDS)


@pytest.mark.parametrize(("rule", "case"), each("fires"))
def test_fires(rule: str, case: Mapping[str, Any]) -> None:
    findings = found(rule, case)
    expected = case.get("expect") or {}
    assert len(findings) == expected.get("count", 1), [one.message for one in findings]
    first = findings[0]
    for name in ("field", "severity", "remedy", "resource", "environment", "application"):
        if name in expected:
            assert str(getattr(first, name)) == expected[name]
    if "fields" in expected:
        assert sorted(one.field for one in findings) == sorted(expected["fields"])
    assert expected.get("message", "") in first.message
    assert expected.get("advice", "") in first.remedy
    assert len(first.places) == expected.get("places", len(first.places))
    for word in expected.get("never") or ():
        assert all(word not in one.message + one.remedy for one in findings)


@pytest.mark.parametrize(("rule", "case"), each("silent"))
def test_is_silent(rule: str, case: Mapping[str, Any]) -> None:
    assert [one.message for one in found(rule, case)] == []


@pytest.mark.parametrize(("rule", "case"), [*each("fires"), *each("silent")])
def test_no_case_breaks_a_rule(rule: str, case: Mapping[str, Any]) -> None:
    if rule != "PRE000" and "base" not in case:
        assert [one.message for one in collect(platform(case), today=TODAY) if one.rule == "PRE000"] == []
