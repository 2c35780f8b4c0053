"""The chain in a cluster: monitor, operator, config-reloader, Prometheus that discovers, Alertmanager, Slack.

The rendered objects of dev are in a real API server; the real operator makes of them what Prometheus and Alertmanager
run with. Their Pods, and the one of the feature server, are those that the real controllers made; their containers run
as processes (tools/monitoring/pods.py). PRESYNC_LIVE_REPORT names a file for the seconds that were measured.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitoring import feast, live, programs, sink
from monitoring.faster import environment as faster_environment
from monitoring.live import attachment, report, title, wait
from monitoring.pods import Cluster, Container, Pod
from monitoring.stack import Stack, program, unavailable
from monitoring.tree import App, Object, render

from . import promtool

ROOT = promtool.ROOT
ENVIRONMENT = "dev"
NAMESPACE = f"monitoring-{ENVIRONMENT}"
REDIS_HOST = f"redis.redis-{ENVIRONMENT}.svc.cluster.local"
SINK_PORT, PROMETHEUS, ALERTMANAGER = 18500, 9090, 9093

pytestmark = [pytest.mark.live, pytest.mark.oracle, pytest.mark.xdist_group("controlplane")]


def with_registry(app: App) -> App:
    """The feature repository with its registry in the Pod: S3 does not run here."""

    def changed(one: Object) -> Object:
        if one["kind"] != "ConfigMap" or "feature_store.yaml" not in one.get("data", {}):
            return one
        return {**one, "data": feast.repository([one], Path("/tmp/registry.db"))}

    return dataclasses.replace(app, objects=tuple(map(changed, app.objects)))


class Chain:
    """What runs."""

    def __init__(self, stack: Stack, prometheus: str, alertmanager: str) -> None:
        self.stack = stack
        self.messages = stack.plane.folder / "messages"
        inside = stack.plane.parts.environment()
        command = [sys.executable, "-B", "-m", "monitoring.sink", "127.0.0.1", str(SINK_PORT), str(self.messages)]
        stack.plane.sandbox.start("sink", command, {**inside, "PYTHONPATH": str(ROOT / "tools")})
        stack.plane.sandbox.add_host(REDIS_HOST)
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", "6379", "--requirepass", live.PASSWORD]
        stack.plane.sandbox.start("redis", [*redis, "--dir", inside["TMPDIR"]], inside)
        cluster = Cluster(stack)
        # Every Pod's reloader would listen on the same port of the one network: so each on its Pod's own address.
        reloader = [program(programs.OPERATOR, "prometheus-config-reloader")]
        beside = {
            "init-config-reloader": Container(reloader, {"--listen-address": "--listen-address=$(POD_IP):8081"}),
            "config-reloader": Container(reloader, {"--listen-address": "--listen-address=$(POD_IP):8080"}),
        }
        share = Path(alertmanager).parent / "share"
        templates = {str(share): "/usr/share"} if share.is_dir() else {}
        server = feast.program()
        assert server is not None
        self.feast = cluster.pod(f"feast-{ENVIRONMENT}", "feast-server-.*", {"server": Container([server])})
        self.alertmanager = cluster.pod(
            NAMESPACE, "alertmanager-main-0", {**beside, "alertmanager": Container([alertmanager], mounts=templates)}
        )
        self.prometheus = cluster.pod(NAMESPACE, "prometheus-main-0", {**beside, "prometheus": Container([prometheus])})

    def start(self) -> None:
        self.feast.lay()
        self.feast.run("server", "apply", seconds=300)
        self.feast.start()
        # First, or Prometheus would rightly tell that nobody answers.
        self.wait_for_feast()
        for pod, port in ((self.alertmanager, ALERTMANAGER), (self.prometheus, PROMETHEUS)):
            pod.start()
            client = self.stack.client(port)
            self.stack.plane.wait(lambda client=client: client.answers("/-/ready"), pod.name, 60)  # type: ignore[misc]
            pod.ready(True)

    def wait_for_feast(self) -> None:
        """What the kubelet's probe would see, and say."""
        client = self.stack.client(live.FEAST)
        wait("feast serve", lambda: client.answers("/health"), 240)
        self.feast.ready(True)

    # -- asking

    def api(self, path: str) -> Any:
        return self.stack.client(PROMETHEUS).get(f"/api/v1/{path}")["data"]

    def targets(self, job: str) -> list[Any]:
        return [one for one in self.api("targets?state=active")["activeTargets"] if one["labels"]["job"] == job]

    def alerts(self, **labels: str) -> list[Any]:
        found = asked_alertmanager(self.stack, "/api/v2/alerts")
        return [one for one in found if labels.items() <= one["labels"].items()]

    def received(self, severity: str = "", about: str = "") -> list[dict[str, Any]]:
        own = f"/alertmanager-config-{ENVIRONMENT}/slack-{severity}"
        return [one for one in sink.read(self.messages) if one["path"].startswith(own) and about in title(one)]


def asked_alertmanager(stack: Stack, path: str) -> list[Any]:
    answer = stack.client(ALERTMANAGER).request("GET", path)
    assert answer.ok, answer.message
    return list(json.loads(answer.body))


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    reason = unavailable() or live.missing()
    if reason is not None:
        text = f"NOT TRIED: the chain from the operator to Slack: {reason}"
        warnings.warn(pytest.PytestWarning(text), stacklevel=1)
        pytest.skip(text)
    prometheus, alertmanager = promtool.program("prometheus"), promtool.program("prometheus-alertmanager")
    if promtool.too_old(prometheus):
        pytest.skip(f"NOT TRIED: {prometheus} is older than the clusters' 3; run tools/fetch_prometheus.py")
    where = f"http://127.0.0.1:{SINK_PORT}"
    apps = faster_environment(render(ROOT), ENVIRONMENT, where, {"password": live.PASSWORD})
    with Stack(ROOT, map(with_registry, apps)) as stack:
        running = Chain(stack, prometheus, alertmanager)
        running.start()
        yield running


def until(what: str, condition: Callable[[], Any], pod: Pod, seconds: float = 60) -> Any:
    """Wait, and do meanwhile what a kubelet does all the time."""

    def look() -> Any:
        pod.lay()
        return condition()

    return wait(what, look, seconds)


def test_prometheus_finds_its_targets_by_itself(chain: Chain) -> None:
    started = time.time()
    wait("the feature server to be scraped", lambda: [one["health"] for one in chain.targets("feast")] == ["up"], 60)
    report(proof="operator", **{"Prometheus ready to target up": round(time.time() - started, 1)})
    [target] = chain.targets("feast")
    assert target["discoveredLabels"]["__meta_kubernetes_endpointslice_name"].startswith("feast-")
    assert target["scrapeUrl"] == f"http://{chain.feast.address}:8000/metrics"
    assert target["labels"]["pod"] == chain.feast.name
    assert {one["labels"]["namespace"] for one in chain.targets("prometheus")} == {NAMESPACE}


def test_prometheus_finds_its_alertmanager_by_itself(chain: Chain) -> None:
    found = wait("the Alertmanager", lambda: chain.api("alertmanagers")["activeAlertmanagers"])
    assert found == [{"url": f"http://{chain.alertmanager.address}:{ALERTMANAGER}/api/v2/alerts"}]


def test_a_new_rule_and_a_new_monitor_are_taken_up(chain: Chain) -> None:
    """The operator writes them, the kubelet exchanges the files, the reloader beside Prometheus sees it."""
    name = {"namespace": f"feast-{ENVIRONMENT}", "labels": {"environment": ENVIRONMENT}}
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "planted", **name},
        "spec": {"groups": [{"name": "planted", "rules": [{"record": "planted:one", "expr": "vector(1)"}]}]},
    }
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": {"name": "planted", **name},
        "spec": {
            "jobLabel": "nothing",
            "selector": {"matchLabels": {"app.kubernetes.io/name": "feast"}},
            "endpoints": [{"port": "metrics", "relabelings": [{"targetLabel": "job", "replacement": "planted"}]}],
        },
    }

    def rules() -> set[str]:
        return {group["name"] for group in chain.api("rules")["groups"]}

    with chain.stack.planted(rule), chain.stack.planted(monitor):
        started = time.time()
        until("the rule", lambda: "planted" in rules(), chain.prometheus, 90)
        rule_took = time.time() - started
        until("the target", lambda: chain.targets("planted"), chain.prometheus, 90)
        report(
            proof="operator",
            **{
                "PrometheusRule to rule in Prometheus": round(rule_took, 1),
                "ServiceMonitor to target": round(time.time() - started, 1),
            },
        )
    until("both to be gone", lambda: "planted" not in rules() and not chain.targets("planted"), chain.prometheus, 90)


def test_a_target_that_dies_is_told_once_and_so_is_its_return(chain: Chain) -> None:
    def told() -> list[dict[str, Any]]:
        return chain.received("critical", "FeastDown")

    # On a slow machine Prometheus is there before it has found Feast: that is told, and must be over.
    wait("all to be well", lambda: not chain.alerts(service="feast") and len(told()) % 2 == 0)
    earlier = len(told())
    killed = time.time()
    chain.feast.kill("server")
    chain.feast.ready(False)
    [message] = wait("FeastDown in Slack", lambda: told()[earlier:], 60)
    shown = attachment(message)
    assert message["message"]["channel"] == f"#mlops-{ENVIRONMENT}-critical"
    assert shown["title"] == f"[{ENVIRONMENT.upper()}] CRITICAL: FeastDown in feast-{ENVIRONMENT}"
    assert "/docs/runbooks/FeastDown.md|Runbook>" in shown["text"]
    warned = wait("the warnings", lambda: len(some := chain.alerts(severity="warning", service="feast")) == 2 and some)
    assert {one["status"]["state"] for one in warned} == {"suppressed"}
    time.sleep(20)
    assert len(told()[earlier:]) == 1
    assert [title(one) for one in chain.received("warning") if f"in feast-{ENVIRONMENT}" in title(one)] == []

    chain.feast.start_container("server")
    chain.wait_for_feast()
    answered = time.time()
    [_, resolved] = wait("the resolve", lambda: len(some := told()[earlier:]) > 1 and some, 90)
    assert "RESOLVED" in title(resolved)
    report(
        proof="operator",
        **{
            "kill to FeastDown in Slack": round(message["at"] - killed, 1),
            "Feast answers to resolve in Slack": round(resolved["at"] - answered, 1),
        },
    )


def test_the_watchdog_reaches_nobody(chain: Chain) -> None:
    [watchdog] = wait("Watchdog", lambda: chain.alerts(alertname="Watchdog"))
    assert [one["name"] for one in watchdog["receivers"]] == ["null"]
    assert watchdog["labels"]["environment"] == ENVIRONMENT
    assert chain.received(about="Watchdog") == []
