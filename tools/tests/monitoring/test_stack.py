"""The real prometheus-operator and kube-state-metrics on everything both environments render."""

from __future__ import annotations

import itertools
import re
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.stack import Stack, unavailable
from monitoring.tree import Object, render

from . import promtool

ROOT = Path(__file__).resolve().parents[3]
PAIRS = [*itertools.permutations(("dev", "prod"))]
MONITORS = ("ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig")

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("controlplane")]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    reason = unavailable()
    if reason is not None:
        text = f"THE REAL OPERATOR WAS NOT ASKED: {reason}"
        warnings.warn(pytest.PytestWarning(text), stacklevel=1)
        pytest.skip(text)
    with Stack(ROOT, render(ROOT)) as running:
        yield running


def jobs(stack: Stack, environment: str) -> dict[str, Object]:
    return {one["job_name"]: one for one in stack.prometheus_configuration(environment)["scrape_configs"]}


def declared(stack: Stack, environment: str) -> set[str]:
    """The names the operator gives to the jobs of every monitor of an environment."""
    found = set()
    for one in stack.objects(environment, *MONITORS):
        place = f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        endpoints = one["spec"].get("endpoints") or one["spec"].get("podMetricsEndpoints")
        kind = one["kind"][0].lower() + one["kind"][1:]
        found |= {f"{kind}/{place}/{at}" for at in range(len(endpoints))} if endpoints else {f"{kind}/{place}"}
    return found


def eventually(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    return condition()


def test_the_operator_rejects_nothing(stack: Stack) -> None:
    assert stack.environments == ["dev", "prod"]
    assert stack.rejections() == []


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_prometheus_scrapes_exactly_the_monitors_of_its_environment(stack: Stack, own: str, other: str) -> None:
    assert set(jobs(stack, own)) == declared(stack, own)
    assert not set(jobs(stack, own)) & declared(stack, other)
    assert len(jobs(stack, own)) >= 11


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_prometheus_looks_into_no_namespace_of_the_other(stack: Stack, own: str, other: str) -> None:
    for job in jobs(stack, own).values():
        for discovery in job.get("kubernetes_sd_configs") or []:
            if discovery["role"] == "node":
                # Nodes have no namespace; what they tell is cut.
                assert any(rule["source_labels"] == ["namespace"] for rule in job["metric_relabel_configs"])
                continue
            for namespace in discovery["namespaces"]["names"]:
                assert namespace.endswith(f"-{own}") or namespace in ("argocd", "cert-manager")
    assert f"-{other}" not in yaml.safe_dump(stack.prometheus_configuration(own))


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_rules_are_exactly_those_of_the_environment(stack: Stack, own: str, other: str) -> None:
    def names(environment: str) -> list[str]:
        found = stack.objects(environment, "PrometheusRule")
        return sorted(f"{one['metadata']['namespace']}-{one['metadata']['name']}" for one in found)

    # The name of a file ends with the uid of the object.
    files = stack.rule_files(own)
    assert sorted(re.sub(r"(-[0-9a-f]+){5}\.yaml$", "", file) for file in files) == names(own)
    written = sum(len(group["rules"]) for text in files.values() for group in yaml.safe_load(text)["groups"])
    rendered = stack.objects(own, "PrometheusRule")
    assert written == sum(len(group["rules"]) for one in rendered for group in one["spec"]["groups"])


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_alerts_leave_with_the_environment_for_its_own_alertmanager(stack: Stack, environment: str) -> None:
    config = stack.prometheus_configuration(environment)
    labels = {name: value for name, value in config["global"]["external_labels"].items() if not value.startswith("$(")}
    assert labels == {"environment": environment}
    [alertmanager] = config["alerting"]["alertmanagers"]
    [discovery] = alertmanager["kubernetes_sd_configs"]
    assert discovery["namespaces"]["names"] == [f"monitoring-{environment}"]


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_alertmanager_gets_routes_and_webhooks_from_the_sealed_secret(stack: Stack, environment: str) -> None:
    files = stack.alertmanager_files(environment)
    routes = yaml.safe_load(files.pop("alertmanager.yaml"))
    channels = {one["channel"] for receiver in routes["receivers"] for one in receiver.get("slack_configs", ())}
    assert channels == {f"#mlops-{environment}-{severity}" for severity in ("critical", "warning", "info")}
    wanted = {one["api_url_file"] for receiver in routes["receivers"] for one in receiver.get("slack_configs", ())}
    assert wanted == {f"/etc/alertmanager/config/{name}" for name in files}
    assert all(text.startswith("https://") for text in files.values())


def monitor(name: str, namespace: str, label: str, selector: Any = None) -> Object:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": name, "namespace": namespace, "labels": {"environment": label}},
        "spec": {
            "namespaceSelector": selector or {},
            "selector": {"matchLabels": {"app": "planted"}},
            "endpoints": [{"port": "http"}],
        },
    }


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_planted_monitor_never_reaches_the_other_environment(stack: Stack, own: str, other: str) -> None:
    planted = monitor("planted", f"feast-{own}", own, {"matchNames": [f"feast-{other}"]})
    job = f"serviceMonitor/feast-{own}/planted/0"
    with stack.planted(planted):
        assert eventually(lambda: job in jobs(stack, own))
        # It names the namespace of the other one, which is not heeded.
        [discovery] = jobs(stack, own)[job]["kubernetes_sd_configs"]
        assert discovery["namespaces"]["names"] == [f"feast-{own}"]
        # Time in which the other one could have taken it up.
        time.sleep(2)
        assert job not in jobs(stack, other)
    assert eventually(lambda: job not in jobs(stack, own))


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_monitor_that_wears_the_label_of_the_other_reaches_nobody(stack: Stack, own: str, other: str) -> None:
    with (
        stack.planted(monitor("disguised", f"feast-{own}", other)),
        stack.planted(monitor("seen", f"feast-{own}", own)),
    ):
        assert eventually(lambda: f"serviceMonitor/feast-{own}/seen/0" in jobs(stack, own))
        time.sleep(2)
        for environment in (own, other):
            assert not any("disguised" in job for job in jobs(stack, environment))


def test_a_monitor_cannot_read_the_token_of_prometheus(stack: Stack) -> None:
    thief = monitor("thief", "feast-dev", "dev")
    thief["spec"]["endpoints"][0]["bearerTokenFile"] = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    with stack.planted(thief):
        assert eventually(lambda: any("thief" in text for text in stack.rejections()))
        assert not any("thief" in job for job in jobs(stack, "dev"))


def test_a_broken_rule_is_noticed(stack: Stack) -> None:
    """Otherwise the silence of `rejections` would prove nothing."""
    broken = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "broken", "namespace": "feast-dev", "labels": {"environment": "dev"}},
        "spec": {"groups": [{"name": "broken", "rules": [{"alert": "Broken", "expr": "sum(up"}]}]},
    }
    with stack.planted(broken):
        assert eventually(lambda: any("broken" in text for text in stack.rejections()))


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_rights_end_at_the_environment(stack: Stack, own: str, other: str) -> None:
    for name in ("prometheus", "kube-state-metrics"):
        account = f"monitoring-{own}:{name}"
        assert stack.may(account, "list", "pods", f"feast-{own}")
        assert not stack.may(account, "list", "pods", f"feast-{other}")
        assert not stack.may(account, "list", "pods", f"monitoring-{other}")
        assert not stack.may(account, "list", "pods", "kube-system")
        assert not stack.may(account, "list", "secrets", f"monitoring-{own}")
        assert stack.may(account, "list", "nodes")
    assert stack.may(f"monitoring-{own}:prometheus", "get", "nodes/metrics")
    assert not stack.may(f"monitoring-{own}:kube-state-metrics", "get", "nodes/metrics")
    assert not stack.may(f"monitoring-{own}:prometheus", "get", "nodes/proxy")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_every_pod_passes_the_pod_security_of_its_namespace(stack: Stack, environment: str) -> None:
    assert stack.pods_refused(environment) == []


def test_kube_state_metrics_tells_of_its_environment_only(stack: Stack) -> None:
    stack.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a"}})
    for environment, other in PAIRS:
        client = stack.exporter(environment)

        def text(client: Any = client) -> str:
            return str(client.request("GET", "/metrics").body.decode())

        assert eventually(lambda text=text: "kube_node_info{" in text() and "kube_deployment_created{" in text())
        spaces = set(re.findall(r'[{,]namespace="([^"]*)"', text()))
        assert f"feast-{environment}" in spaces
        assert all(space.endswith(f"-{environment}") for space in spaces)
        assert f"-{other}" not in "".join(spaces)
        # Nodes belong to all, and are told of once although several namespaces are watched.
        assert len(re.findall(r"^kube_node_info\{", text(), re.MULTILINE)) == 1


def prometheus() -> str:
    binary = promtool.program("prometheus")
    if promtool.too_old(binary):
        pytest.skip(f"NOT TRIED: {binary} is older than the clusters' 3; run tools/fetch_prometheus.py")
    return binary


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_prometheus_takes_it_and_may_look_wherever_it_wants_to(stack: Stack, own: str, other: str) -> None:
    binary = prometheus()
    name, api = stack.prometheus(own, binary)
    # As the other one it wants the same and may not: the difference shows that the log would tell.
    disguised, _ = stack.prometheus(own, binary, f"monitoring-{other}:prometheus")
    assert eventually(lambda: "forbidden" in stack.plane.sandbox.log_end(disguised, 1000))
    assert "forbidden" not in stack.plane.sandbox.log_end(name, 1000)
    groups = api.get("/api/v1/rules")["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == sum(
        len(group["rules"]) for one in stack.objects(own, "PrometheusRule") for group in one["spec"]["groups"]
    )
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []
