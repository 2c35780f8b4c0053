"""What Alertmanager is configured with: its own tool reads it, and every alert of the tree reaches the right channel.

The configuration stands in the clear in a sealed Secret's template. amtool is no Python package: PRESYNC_AMTOOL names
one, tools/fetch_prometheus.py fetches one, or it is on the PATH.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import promtool
from .promtool import ENVIRONMENTS

RECEIVERS = {"critical": "slack-critical", "warning": "slack-warning", "info": "slack-info", "none": "null"}
MOUNT = "/etc/alertmanager/configmaps/alertmanager-templates"


@pytest.fixture(scope="session")
def amtool() -> str:
    return promtool.program("amtool")


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def rendered_object(rendered: Path, environment: str, kind: str, name: str) -> dict[str, Any]:
    found = [
        one
        for _, one in promtool.documents(rendered, environment)
        if one["kind"] == kind and one["metadata"]["name"] == name
    ]
    assert len(found) == 1, f"{kind} {name}: {len(found)}"
    return found[0]


@pytest.fixture
def configuration(rendered: Path, environment: str, tmp_path: Path) -> Path:
    """The file Alertmanager gets, with its templates where it finds them here."""
    secret = rendered_object(rendered, environment, "SealedSecret", f"alertmanager-config-{environment}")
    templates = rendered_object(rendered, environment, "ConfigMap", "alertmanager-templates")["data"]
    for name, text in templates.items():
        (tmp_path / name).write_text(text, "utf-8")
    text = secret["spec"]["template"]["data"]["alertmanager.yaml"]
    assert MOUNT in text
    path = tmp_path / "alertmanager.yaml"
    path.write_text(text.replace(MOUNT, str(tmp_path)), "utf-8")
    return path


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_no_credential_is_in_the_clear(rendered: Path, environment: str, configuration: Path) -> None:
    text = configuration.read_text("utf-8")
    assert not re.search(r"hooks[.]slack|api_url:|password:|token:|credentials:", text)
    sealed = rendered_object(rendered, environment, "SealedSecret", f"alertmanager-config-{environment}")
    used = set(re.findall(r"api_url_file: /etc/alertmanager/config/(\S+)", text))
    assert used == set(sealed["spec"]["encryptedData"])


def test_a_channel_is_of_one_environment(rendered: Path, environment: str, configuration: Path) -> None:
    channels = set(re.findall(r"channel: '?([^'\n]+)", configuration.read_text("utf-8")))
    assert channels
    assert all(f"-{environment}-" in f"{channel}-" for channel in channels)


@pytest.mark.oracle
def test_alertmanager_takes_it(amtool: str, configuration: Path) -> None:
    done = run(amtool, "check-config", str(configuration))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout + done.stderr
    assert re.search(r"[1-9]\d* templates", done.stdout + done.stderr), "no template was found"


@pytest.mark.oracle
def test_a_broken_one_is_refused(amtool: str, configuration: Path) -> None:
    """So that the success above means something."""
    configuration.write_text(configuration.read_text("utf-8").replace("receiver: slack-warning", "receiver: nobody", 1))
    assert run(amtool, "check-config", str(configuration)).returncode != 0


@pytest.mark.oracle
def test_every_alert_reaches_its_channel(amtool: str, rendered: Path, environment: str, configuration: Path) -> None:
    """With the labels that each alert has in the tree: one question for each different set of them."""
    asked: dict[tuple[str, ...], set[str]] = {}
    for _, rule in promtool.alerts(promtool.groups(rendered, environment)):
        labels = tuple(f"{name}={value}" for name, value in sorted(rule["labels"].items()) if "{{" not in value)
        asked.setdefault((f"alertname={rule['alert']}", *labels), set()).add(RECEIVERS[rule["labels"]["severity"]])
    assert len(asked) > 50
    wrong = []
    for labels, receivers in asked.items():
        done = run(
            amtool, "config", "routes", "test", f"--config.file={configuration}",
            f"--verify.receivers={','.join(sorted(receivers))}", *labels,
        )  # fmt: skip
        if done.returncode:
            wrong.append(f"{labels}: {(done.stdout + done.stderr).strip()}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.oracle
@pytest.mark.parametrize("severity", RECEIVERS)
def test_each_severity_has_a_channel(amtool: str, environment: str, configuration: Path, severity: str) -> None:
    done = run(
        amtool, "config", "routes", "test", f"--config.file={configuration}",
        f"--verify.receivers={RECEIVERS[severity]}", "alertname=Any", f"severity={severity}",
        f"environment={environment}", "namespace=any",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_node_that_is_down_silences_its_pods(rendered: Path, environment: str, configuration: Path) -> None:
    """The alert that inhibits exists where its environment owns the nodes, and alerts of pods carry a node."""
    rules = yaml.safe_load(configuration.read_text("utf-8"))["inhibit_rules"]
    sources = {
        name
        for rule in rules
        if rule.get("equal") == ["node"]
        for matcher in rule["source_matchers"]
        for name in re.findall(r'alertname = "(\w+)"', matcher)
    }
    everywhere = {rule["alert"] for one in ENVIRONMENTS for _, rule in promtool.alerts(promtool.groups(rendered, one))}
    assert sources and sources <= everywhere
    carrying = {
        rule["alert"]
        for _, rule in promtool.alerts(promtool.groups(rendered, environment))
        if "group_left (node)" in rule["expr"]
    }
    assert {"KubePodNotReady", "KubePodCrashLooping"} <= carrying
