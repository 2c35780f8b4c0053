"""Waivers: what they cover, until when, and what is said about them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from presync.base.finding import Finding, Location, Severity
from presync.findings.collect import collect
from presync.findings.waivers import covers
from tests.rules.support import platform

TODAY = datetime.date(2026, 11, 22)
PRESYNC = """\
environments: {}
waivers:
  - rule: ARG022
    until: "2026-11-21"
    why: nobody knows
  - rule: ARG022
    until: "2030-01-01"
    why: nobody knows
"""
FINDING = Finding(
    "K8S011",
    "n",
    Severity.ERROR,
    "m",
    application="redis-dev",
    environment="dev",
    resource="StatefulSet.apps redis-dev/redis",
    field="spec.template.spec.containers[0].ports[1].containerPort",
    location=Location("charts/redis/templates/statefulset.yaml"),
)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"application": "redis-*"}, True),
        ({"application": "redis-prod"}, False),
        ({"environment": "dev", "resource": "StatefulSet.apps */redis"}, True),
        ({"environment": "dev", "resource": "Deployment*"}, False),
        ({"field": "spec.template.spec.containers[0].ports[1].containerPort"}, True),
        ({"field": "spec.template.*"}, True),
        ({"file": "charts/redis/*"}, True),
        ({"file": "charts/feast/*"}, False),
        ({"rule": "K8S012"}, False),
    ],
)
def test_covers(conditions: dict[str, str], fits: bool) -> None:
    assert covers({"rule": "K8S011", "until": "2030-01-01", "why": "x", **conditions}, FINDING) is fits


def case(*waivers: dict[str, Any]) -> dict[str, Any]:
    return {
        "settings": {"waivers": list(waivers)},
        "resources": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\n",
        "files": {"presync.yaml": PRESYNC},
    }


def rules(data: dict[str, Any], **more: Any) -> list[str]:
    return sorted(one.rule for one in collect(platform(data), today=TODAY, **more))


def test_a_valid_waiver_takes_the_finding_away() -> None:
    assert rules(case()) == ["ARG022"]
    assert rules(case({"rule": "ARG022", "until": "2026-11-22", "why": "x"})) == []


def test_an_expired_one_brings_it_back_and_is_told_with_its_line() -> None:
    data = case({"rule": "ARG022", "until": "2026-11-21", "why": "x"})
    assert rules(data) == ["ARG022", "PRE001"]
    [expired] = [one for one in collect(platform(data), today=TODAY) if one.rule == "PRE001"]
    assert str(expired.location) == "presync.yaml:3:5"


def test_an_unused_one_is_told_unless_the_rules_did_not_run() -> None:
    data = case({"rule": "ARG001", "until": "2030-01-01", "why": "x"})
    assert rules(data) == ["ARG022", "PRE002"]
    assert rules(data, kinds_only=True) == []


def test_one_about_a_change_is_not_unused_where_nothing_changes() -> None:
    assert rules(case({"rule": "CHG020", "until": "2030-01-01", "why": "x"})) == ["ARG022"]


def test_two_waivers_of_one_finding_are_both_used() -> None:
    waiver = {"rule": "ARG022", "until": "2030-01-01", "why": "x"}
    assert rules(case(waiver, {**waiver, "application": "app-dev"})) == []


def test_what_could_not_be_told_can_be_waived_too() -> None:
    data = {
        "problems": [{"kind": "generator-unsupported", "message": "m"}],
        "settings": {"waivers": [{"rule": "ARG003", "until": "2030-01-01", "why": "x"}]},
    }
    assert rules(data) == []
