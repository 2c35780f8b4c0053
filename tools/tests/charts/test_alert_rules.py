"""The alerts fire when they should and not otherwise: what prod renders, against promtool.

promtool is no Python package: ``PRESYNC_PROMTOOL`` names one, or it is on the PATH (Debian: ``prometheus``). Each file
in ``rules/`` is for ``promtool test rules``; its ``rule_files`` are the Applications whose PrometheusRules it asks.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
CASES = sorted((Path(__file__).parent / "rules").glob("*.yaml"))
PRESYNC = Path(sys.executable).parent / "presync"
APPS = ("airflow", "feast", "feature-store", "redis")

Groups = dict[str, list[dict[str, Any]]]
ROW = re.compile(r"\| \[(\w+)\]\((\w+)\.md\) \| ([a-z: ()]+) \| ([a-z-]+) \|")


def listed() -> dict[str, str]:
    """The alerts of these charts in the runbooks' list, each with what it says of the severity."""
    lines = (ROOT / "docs" / "runbooks" / "README.md").read_text("utf-8").splitlines()
    rows = [match.groups() for match in map(ROW.fullmatch, lines) if match]
    assert all(name == page for name, page, _, _ in rows)
    return {name: severity for name, _, severity, app in rows if app in APPS}


@pytest.fixture(scope="session")
def promtool() -> str:
    program = os.environ.get("PRESYNC_PROMTOOL") or shutil.which("promtool")
    if not program:
        pytest.skip("ALERTS NOT TRIED: promtool is not on the PATH; install it or set PRESYNC_PROMTOOL")
    return program


@pytest.fixture(scope="session")
def groups(tmp_path_factory: pytest.TempPathFactory) -> Groups:
    """The rule groups of every Application of these charts."""
    out = tmp_path_factory.mktemp("rendered")
    done = subprocess.run(
        [PRESYNC, "-C", ROOT, "render", "--out", out], capture_output=True, text=True, timeout=300, check=False
    )
    names = [f"{app}-{environment}" for app in APPS for environment in ("dev", "prod")]
    assert all((out / f"{name}.yaml").is_file() for name in names), done.stderr
    return {name: rule_groups(out / f"{name}.yaml") for name in names}


def rule_groups(path: Path) -> list[dict[str, Any]]:
    documents = list(yaml.safe_load_all(path.read_text("utf-8")))
    return [group for one in documents if one and one["kind"] == "PrometheusRule" for group in one["spec"]["groups"]]


@pytest.fixture(scope="session")
def alerts(groups: Groups) -> list[tuple[str, dict[str, Any]]]:
    """Every alert with its Application."""
    return [(name, rule) for name, some in groups.items() for group in some for rule in group["rules"]]


def summary_only(rule: dict[str, Any]) -> dict[str, Any]:
    """promtool compares every annotation. The summary shows that the labels they speak of are there."""
    return {**rule, "annotations": {"summary": rule["annotations"]["summary"]}}


def run(program: str, *arguments: str, folder: Path) -> None:
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.oracle
def test_promtool_reads_every_rule(promtool: str, groups: Groups, tmp_path: Path) -> None:
    for name, some in groups.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"groups": some}))
    run(promtool, "check", "rules", *[f"{name}.yaml" for name in groups], folder=tmp_path)


@pytest.mark.oracle
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_alerts_fire(promtool: str, groups: Groups, tmp_path: Path, case: Path) -> None:
    for file in yaml.safe_load(case.read_text("utf-8"))["rule_files"]:
        some = [{**group, "rules": [*map(summary_only, group["rules"])]} for group in groups[Path(file).stem]]
        (tmp_path / file).write_text(yaml.safe_dump({"groups": some}))
    shutil.copy(case, tmp_path / "case.yaml")
    run(promtool, "test", "rules", "case.yaml", folder=tmp_path)


def test_each_alert_is_tried() -> None:
    """Without promtool too: an alert that no case fires is an alert nobody has seen."""
    fired = set()
    for case in CASES:
        for test in yaml.safe_load(case.read_text("utf-8"))["tests"]:
            fired |= {one["alertname"] for one in test["alert_rule_test"] if one.get("exp_alerts")}
    assert fired == set(listed())


def test_each_alert_has_its_page(alerts: list[tuple[str, dict[str, Any]]]) -> None:
    """Its link leads there, and the list names each severity it can have."""
    severities: dict[str, set[str]] = {}
    for _, rule in alerts:
        name = rule["alert"]
        assert rule["annotations"]["runbook_url"].endswith(f"/docs/runbooks/{name}.md")
        assert (ROOT / "docs" / "runbooks" / f"{name}.md").is_file()
        severities.setdefault(name, set()).add(rule["labels"]["severity"])
    assert severities == {name: set(re.findall("critical|warning", text)) for name, text in listed().items()}


def test_each_alert_can_be_routed(alerts: list[tuple[str, dict[str, Any]]]) -> None:
    for application, rule in alerts:
        app, _, environment = application.rpartition("-")
        labels = rule["labels"]
        about = "feast" if rule["alert"].startswith("Feast") else app
        assert (labels["environment"], labels["service"]) == (environment, about)
        assert labels["namespace"] == f"{about}-{environment}"
