"""Every alert of the tree, in both environments: it fires, it does not, its labels, its words.

cases/*.yaml says when (promtool.py describes the format). promtool is no Python package: PRESYNC_PROMTOOL names one,
tools/fetch_prometheus.py fetches one, or it is on the PATH.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from . import promtool
from .promtool import ENVIRONMENTS, ROOT, Group, Rule

RUNBOOKS = ROOT / "docs" / "runbooks"
SEVERITIES = {"critical", "warning", "info", "none"}
YES_OR_NO = {
    "AirflowSchedulerHeartbeatMissing",
    "AirflowTasksQueued",
    "FeastDown",
    "FeastInstanceDown",
    "FeastNeverMaterialized",
    "FeatureSetNeverStored",
    "RedisReplicationBroken",
}
TRIED = [(environment, alert) for environment in ENVIRONMENTS for alert in promtool.cases(environment)]


@cache
def tree(rendered: Path, environment: str) -> dict[str, list[Group]]:
    return promtool.groups(rendered, environment)


def all_alerts(rendered: Path, environment: str) -> list[tuple[str, Rule]]:
    return promtool.alerts(tree(rendered, environment))


@pytest.fixture(scope="session")
def tool() -> str:
    found = promtool.program("promtool")
    if promtool.too_old(found):
        pytest.skip(f"NOT TRIED: {found} is older than Prometheus 3; run tools/fetch_prometheus.py")
    return found


@pytest.mark.oracle
@pytest.mark.parametrize(("environment", "alert"), TRIED, ids=str)
def test_fires_and_is_quiet(tool: str, rendered: Path, tmp_path: Path, environment: str, alert: str) -> None:
    rules = promtool.needed(tree(rendered, environment), alert)
    assert any("alert" in rule for rule in rules), f"{environment} has no alert {alert}"
    tests = promtool.unit_tests(alert, promtool.cases(environment)[alert], environment)
    assert not (said := promtool.run(tool, rules, tests, tmp_path, "summary")), said
    # Once more without an expectation, to read the description as it would arrive.
    for test in tests:
        for asked in test["alert_rule_test"]:
            asked["exp_alerts"] = [{**one, "exp_annotations": {}} for one in asked.get("exp_alerts", [])]
    said = promtool.run(tool, rules, tests, tmp_path, "description")
    words = re.findall(r'got:\[.*?description="((?:[^"\\]|\\.)*)"', said, re.DOTALL)
    assert words
    for text in words:
        assert not re.search(r"error expanding|<no value>|%!|\bNaN\b|\$\{|  ", text), text


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_alert_is_tried(rendered: Path, environment: str) -> None:
    """Without promtool too: what no case fires nobody has seen, and what no case leaves quiet may always fire."""
    table = promtool.cases(environment)
    assert set(table) == {rule["alert"] for _, rule in all_alerts(rendered, environment)}
    assert not [alert for alert, some in table.items() if not any(case.get("fires") for case in some)]
    assert not [
        alert for alert, some in table.items() if not any(case.get("quiet") for case in some) and alert != "Watchdog"
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_severity_is_tried(rendered: Path, environment: str) -> None:
    """An alert of two severities is two alerts."""
    fired = {
        (alert, one["labels"]["severity"])
        for alert, some in promtool.cases(environment).items()
        for case in some
        for these in case.get("fires", {}).values()
        for one in these
    }
    there = {(rule["alert"], rule["labels"]["severity"]) for _, rule in all_alerts(rendered, environment)}
    assert fired == there


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_alert_says_what_is_needed(rendered: Path, environment: str) -> None:
    for application, rule in all_alerts(rendered, environment):
        name, labels, words = rule["alert"], rule["labels"], rule["annotations"]
        where = f"{application}: {name}"
        assert labels["severity"] in SEVERITIES, where
        assert labels["environment"] == environment, where
        assert labels["service"], where
        assert words["summary"], where
        assert words["runbook_url"].endswith(f"/docs/runbooks/{name}.md"), where
        other = next(one for one in ENVIRONMENTS if one != environment)
        assert not re.search(rf"-{other}\b|\"{other}\"", str(rule)), f"{where} speaks of {other}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_value_is_said(rendered: Path, environment: str) -> None:
    """A description without the value makes someone ask Prometheus first. What says yes or no has none."""
    silent = {
        rule["alert"] for _, rule in all_alerts(rendered, environment) if "$value" not in str(rule["annotations"])
    }
    assert silent <= YES_OR_NO


def test_each_alert_has_its_page(rendered: Path) -> None:
    """And no page is left of an alert that is gone."""
    names = {rule["alert"] for environment in ENVIRONMENTS for _, rule in all_alerts(rendered, environment)}
    pages = {path.stem for path in RUNBOOKS.glob("*.md")} - {"README"}
    assert names == pages
    for name in names:
        text = (RUNBOOKS / f"{name}.md").read_text("utf-8")
        assert text.startswith(f"# {name}\n"), name
        assert "## First look\n" in text and "```sh\n" in text, name


def test_the_list_of_runbooks(rendered: Path) -> None:
    """Every alert with its severities and the chart it comes from, in the order of the alphabet."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for environment in ENVIRONMENTS:
        for application, rule in all_alerts(rendered, environment):
            severities, charts = found.setdefault(rule["alert"], (set(), set()))
            severities.add(rule["labels"]["severity"])
            charts.add(application.removesuffix(f"-{environment}"))
    rows = re.findall(
        r"^\| \[(\w+)\]\(\1\.md\) \| ([^|]+) \| ([a-z-]+) \|$",
        (RUNBOOKS / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    listed = {name: (set(re.findall("|".join(SEVERITIES), words)), {chart}) for name, words, chart in rows}
    assert listed == found
    assert [name for name, _, _ in rows] == sorted(listed)


@pytest.mark.oracle
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_promtool_reads_every_rule(tool: str, rendered: Path, tmp_path: Path, environment: str) -> None:
    files = promtool.write_rules(tree(rendered, environment), tmp_path)
    assert not (said := promtool.check(tool, files)), said
