"""Runs the alerts of a rendered tree through promtool, from a table of cases that says only what matters.

A case is: `when` (what happens), `series` (name and labels: promtool's short form of values), `quiet` (times at which
the alert does not fire) and `fires` (time: the alerts, each with all its labels but environment, and its summary);
`interval` of the series is a minute unless said; `only` names the environment that has this alert.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PRESYNC = Path(sys.executable).parent / "presync"
TOOLS = ROOT / ".cache" / "tools" / "prometheus"
CASES = Path(__file__).parent / "cases"
ENVIRONMENTS = ("dev", "prod")


class _Text(yaml.SafeLoader):
    """Takes every scalar as text: promtool's `0x30` is thirty zeros, and not a number of YAML."""

    yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}  # noqa: RUF012


Rule = dict[str, Any]
Group = dict[str, Any]


def program(name: str) -> str:
    """A program of Prometheus' family: named by the environment, fetched by tools/fetch_prometheus.py, or installed."""
    named = os.environ.get(f"PRESYNC_{name.upper().replace('-', '_')}")
    fetched = TOOLS / name
    found = named or (str(fetched) if fetched.is_file() else shutil.which(name))
    if not found:
        pytest.skip(f"NOT TRIED: {name} is missing; run tools/fetch_prometheus.py, or install it")
    return found


def too_old(promtool: str) -> bool:
    """Prometheus 2 reads labels with other defaults and lacks functions; the clusters run 3."""
    out = subprocess.run([promtool, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\d+)", out.stdout + out.stderr)
    return not found or int(found[1]) < 3


def documents(folder: Path, environment: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every rendered object of an environment, with its Application."""
    for path in sorted(folder.glob(f"*-{environment}.yaml")):
        for one in yaml.safe_load_all(path.read_text("utf-8")):
            if one:
                yield path.stem, one


def groups(folder: Path, environment: str) -> dict[str, list[Group]]:
    """Rule groups by Application."""
    found: dict[str, list[Group]] = {}
    for application, one in documents(folder, environment):
        if one["kind"] == "PrometheusRule":
            found.setdefault(application, []).extend(one["spec"]["groups"])
    return found


def alerts(some: dict[str, list[Group]]) -> list[tuple[str, Rule]]:
    """Every alert with its Application."""
    return [
        (name, rule) for name, these in some.items() for group in these for rule in group["rules"] if "alert" in rule
    ]


def cases(environment: str) -> dict[str, list[dict[str, Any]]]:
    """The table, for one environment."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(CASES.glob("*.yaml")):
        table = yaml.load(re.sub(r"\bENV\b", environment, path.read_text("utf-8")), _Text)  # noqa: S506
        for alert, some in table.items():
            assert alert not in found, f"{path.name}: {alert} is in two files"
            found[alert] = [case for case in some if case.get("only", environment) == environment]
    return {alert: some for alert, some in found.items() if some}


def unit_tests(alert: str, some: list[dict[str, Any]], environment: str) -> list[dict[str, Any]]:
    """Cases of an alert as promtool wants them."""
    tests = []
    for case in some:
        asked: list[dict[str, Any]] = [{"eval_time": time, "alertname": alert} for time in case.get("quiet", ())]
        for time, fired in case.get("fires", {}).items():
            expected = [
                {
                    "exp_labels": {**one["labels"], "environment": environment},
                    "exp_annotations": {"summary": one["summary"]},
                }
                for one in fired
            ]
            asked.append({"eval_time": time, "alertname": alert, "exp_alerts": expected})
        tests.append(
            {
                "name": f"{alert}: {case['when']}",
                "interval": case.get("interval", "1m"),
                "input_series": [{"series": name, "values": values} for name, values in case["series"].items()],
                "alert_rule_test": asked,
            }
        )
    return tests


def needed(some: dict[str, list[Group]], alert: str) -> list[Rule]:
    """The alert's rules, and before them what they read of recording rules: the whole tree would take minutes."""
    rules = [rule for these in some.values() for group in these for rule in group["rules"]]
    wanted = [rule for rule in rules if rule.get("alert") == alert]
    names = {rule["record"]: rule for rule in rules if "record" in rule}
    chosen: dict[str, Rule] = {}
    queue = [*wanted]
    while queue:
        expr = queue.pop()["expr"]
        for name in (one for one in re.findall(r"[a-zA-Z_][\w:]*:[\w:]+", expr) if one in names and one not in chosen):
            chosen[name] = names[name]
            queue.append(names[name])
    return [*reversed(chosen.values()), *wanted]


def run(promtool: str, rules: list[Rule], tests: list[dict[str, Any]], folder: Path, only: str | None) -> str:
    """What promtool says when an expectation fails; with `only`, alerts have that annotation alone."""
    group = {"name": "tried", "rules": [_with(rule, only) for rule in rules]}
    (folder / "rules.json").write_text(json.dumps({"groups": [group]}))
    said = ""
    for interval in sorted({test["interval"] for test in tests}):
        these = [test for test in tests if test["interval"] == interval]
        (folder / "tests.json").write_text(
            json.dumps({"rule_files": ["rules.json"], "evaluation_interval": interval, "tests": these})
        )
        command = [promtool, "test", "rules", "tests.json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        said += "" if done.returncode == 0 else done.stdout + done.stderr
    return said


def _with(rule: Rule, only: str | None) -> Rule:
    if only is None or "alert" not in rule:
        return rule
    return {**rule, "annotations": {only: rule["annotations"][only]}}


def write_rules(some: dict[str, list[Group]], folder: Path) -> list[Path]:
    """A rule file per Application."""
    files = []
    for application, these in some.items():
        files.append(folder / f"{application}.yaml")
        files[-1].write_text(yaml.safe_dump({"groups": these}), "utf-8")
    return files


def check(promtool: str, files: list[Path]) -> str:
    """What `promtool check rules` says against them, its lint included."""
    command = [promtool, "check", "rules", "--lint=all", "--lint-fatal", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
