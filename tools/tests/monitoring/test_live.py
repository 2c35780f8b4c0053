"""Every panel of every dashboard asked of a real Prometheus, with the rendered rules loaded.

Real: Prometheus, Alertmanager, Pushgateway, node_exporter, a Redis with a replica, and its exporter. Stand-ins, in
standins/: Feast (PRESYNC_FEAST_METRICS names the port of a real one), Airflow behind its StatsD exporter, and what only
a cluster has. The table that says what each query returned, and whether of a real program, goes to the file that
PRESYNC_MONITORING_REPORT names.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import promtool
from .test_dashboards import queries, rendered_dashboards

# The owner of the nodes, so that their rules are there, too.
ENVIRONMENT = "prod"
STANDINS = Path(__file__).parent / "standins"
PUSHED = """\
# TYPE feature_set_last_success_timestamp_seconds gauge
feature_set_last_success_timestamp_seconds %d
# TYPE feature_set_rows gauge
feature_set_rows 1000
# TYPE feature_set_null_ratio gauge
feature_set_null_ratio{feature="events_7d"} 0.01
# TYPE feature_set_drift_psi gauge
feature_set_drift_psi{feature="events_7d"} 0.05
"""
# Queries that return nothing here, and why.
EMPTY = {
    "Rows against three days": "compares with an hour ago, and this Prometheus is seconds old",
    "Errors": "a Redis that works counts no errors",
}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Servers:
    """What runs, and how to end it: by its own process, never by name."""

    folder: Path
    running: list[subprocess.Popen[bytes]]

    def start(self, *command: str) -> None:
        log = (self.folder / f"{Path(command[0]).name}-{len(self.running)}.log").open("wb")
        self.running.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder))
        log.close()

    def stop(self) -> None:
        for one in reversed(self.running):
            one.terminate()
        for one in reversed(self.running):
            try:
                one.wait(10)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait(10)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        return bytes(answer.read())


def wait_for(what: str, ready: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if ready():
                return
        time.sleep(0.2)
    pytest.fail(f"{what} did not come up")


class StandIn(http.server.ThreadingHTTPServer):
    """Shows a file of standins/; what counts grows with every scrape."""

    def __init__(self, name: str) -> None:
        text = (STANDINS / f"{name}.prom").read_text("utf-8")
        self.lines = [line for line in re.sub(r"\bENV\b", ENVIRONMENT, text).splitlines() if not line.startswith("#")]
        self.scrapes = 0
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def text(self) -> str:
        self.scrapes += 1
        out = []
        for line in self.lines:
            series, _, value = line.rpartition(" ")
            name = series.partition("{")[0]
            if name.endswith(("_total", "_count", "_sum", "_bucket", "!")):
                value = str(float(value) * self.scrapes)
            out.append(f"{series.replace('!', '', 1)} {value}")
        return "\n".join(out) + "\n"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, StandIn)
        body = self.server.text().encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def with_templates(alertmanager: str) -> list[str]:
    """Debian's program, unpacked only, finds its templates in a /usr/share of its own."""
    share = Path(alertmanager).parent / "share"
    if not share.is_dir():
        return [alertmanager]
    own = 'mount --bind "$0" /usr/share && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", own, str(share), alertmanager]


def redis_pair(servers: Servers, exporter: str) -> list[tuple[str, int]]:
    """A primary, a replica, an exporter for each: pod and port of its metrics."""
    server = shutil.which(os.environ.get("PRESYNC_REDIS_SERVER", "redis-server"))
    if not server:
        pytest.skip("NOT TRIED: redis-server is missing; install Redis")
    targets, primary = [], 0
    for pod in ("redis-master-0", "redis-replicas-0"):
        port, metrics = free_port(), free_port()
        (servers.folder / pod).mkdir()
        more = ["--replicaof", "127.0.0.1", str(primary)] if primary else []
        servers.start(
            server, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(servers.folder / pod),
            "--appendonly", "yes", "--maxmemory", "64mb", *more,
        )  # fmt: skip
        wait_for(pod, lambda port=port: redis(port, "PING") == b"+PONG")  # type: ignore[misc]
        primary = primary or port
        servers.start(
            exporter, "-redis.addr", f"redis://127.0.0.1:{port}", "-web.listen-address", f"127.0.0.1:{metrics}"
        )
        targets.append((pod, metrics))
    redis(primary, "SET there 1 EX 1000")

    def ask() -> None:
        while True:
            try:
                redis(primary, "GET there")
                redis(primary, "GET not-there")
            except OSError:
                return
            time.sleep(0.01)

    threading.Thread(target=ask, daemon=True).start()
    return targets


def redis(port: int, command: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as one:
        one.sendall(f"{command}\r\n".encode())
        return one.recv(100).strip()


@pytest.fixture(scope="module")
def prometheus(rendered: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, set[str]]]:
    """The address of a Prometheus that has scraped everything, and the jobs that are real."""
    names = ("prometheus", "alertmanager", "pushgateway", "node-exporter", "redis-exporter")
    programs = {name: promtool.program(f"prometheus-{name}" if name != "prometheus" else name) for name in names}
    folder = tmp_path_factory.mktemp("live")
    servers, standins = Servers(folder, []), []
    ports = {name: free_port() for name in names}
    try:
        (folder / "alertmanager.yaml").write_text('route: {receiver: "null"}\nreceivers: [{name: "null"}]\n')
        servers.start(
            *with_templates(programs["alertmanager"]), "--config.file=alertmanager.yaml", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{ports['alertmanager']}", "--storage.path=alertmanager",
        )  # fmt: skip
        servers.start(programs["pushgateway"], f"--web.listen-address=127.0.0.1:{ports['pushgateway']}")
        servers.start(programs["node-exporter"], f"--web.listen-address=127.0.0.1:{ports['node-exporter']}")
        pods = redis_pair(servers, programs["redis-exporter"])
        gateway = f"http://127.0.0.1:{ports['pushgateway']}"
        wait_for("pushgateway", lambda: bool(get(f"{gateway}/-/ready")))
        push = urllib.request.Request(  # noqa: S310
            f"{gateway}/metrics/job/data_pipeline/feature_set/user-features",
            data=(PUSHED % (time.time() - 3600)).encode(),
            method="PUT",
        )
        urllib.request.urlopen(push, timeout=10).close()  # noqa: S310

        def target(app: str, port: int, **labels: str) -> dict[str, Any]:
            return {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": f"{app}-{ENVIRONMENT}", **labels}}

        jobs: dict[str, list[dict[str, Any]]] = {
            name: [target("monitoring", ports[name], pod=f"{name}-0")] for name in ports if name != "redis-exporter"
        }
        jobs["redis"] = [target("redis", port, pod=pod) for pod, port in pods]
        real = set(jobs)
        for name, app in (("feast", "feast"), ("airflow", "airflow"), ("kubernetes", "monitoring")):
            port = os.environ.get("PRESYNC_FEAST_METRICS") if name == "feast" else None
            if port:
                real.add(name)
            else:
                standins.append(StandIn(name))
                port = str(standins[-1].server_address[1])
            jobs[name] = [target(app, int(port), pod=f"{name}-0")]
        # The target that is down.
        jobs["down"] = [target("monitoring", free_port())]
        config = {
            "global": {"scrape_interval": "2s", "evaluation_interval": "1s"},
            "rule_files": ["rules/*.yaml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports['alertmanager']}"]}]}]},
            "scrape_configs": [
                {"job_name": name, "honor_labels": name in ("pushgateway", "kubernetes"), "static_configs": targets}
                for name, targets in jobs.items()
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        (folder / "rules").mkdir()
        groups = promtool.groups(rendered, ENVIRONMENT)
        for these in groups.values():
            for group in these:
                group.pop("interval", None)
                for rule in group["rules"]:
                    rule.pop("for", None)
        promtool.write_rules(groups, folder / "rules")
        servers.start(
            programs["prometheus"], "--config.file=prometheus.yaml", f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{ports['prometheus']}", "--storage.tsdb.retention.size=1GB",
        )  # fmt: skip
        address = f"http://127.0.0.1:{ports['prometheus']}"
        wait_for("prometheus", lambda: bool(get(f"{address}/-/ready")))
        wait_for("alertmanager", lambda: bool(get(f"http://127.0.0.1:{ports['alertmanager']}/-/ready")))
        wait_for("the replica", lambda: bool(ask(address, "redis_connected_slave_offset_bytes")))
        wait_for("the rules", lambda: bool(ask(address, "slo:feature_server_errors:ratio_rate3d")))
        wait_for("ten scrapes", lambda: bool(ask(address, "count_over_time(up[1h]) > 10")))
        yield address, real
    finally:
        servers.stop()
        for one in standins:
            one.shutdown()


def ask(address: str, expr: str) -> list[Any]:
    """The series of an instant query; an error of the query is an error here."""
    url = f"{address}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
    try:
        answer = json.loads(get(url))
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{expr}: {error.read().decode()}") from error
    assert not answer.get("warnings"), (expr, answer["warnings"])
    return list(answer["data"]["result"])


def jobs_of(address: str, expr: str, records: dict[str, str]) -> set[str]:
    """Which jobs gave the metrics that a query names; recording rules are followed to what they read."""
    found: set[str] = set()
    for name in set(re.findall(r"[a-zA-Z_][\w:]+", expr)):
        if name in records:
            found |= jobs_of(address, records[name], records)
        else:
            # What was pushed says whose it is, and comes from the Pushgateway.
            jobs = [one["metric"].get("job", "") for one in ask(address, f'group by (job) ({{__name__="{name}"}})')]
            found |= {"pushgateway" if job == "data_pipeline" else job for job in jobs}
    return found - {""}


@pytest.mark.live
@pytest.mark.oracle
@pytest.mark.xdist_group("monitoring-live")
def test_every_panel_is_answered(prometheus: tuple[str, set[str]], rendered: Path) -> None:
    address, real = prometheus
    records = {
        rule["record"]: rule["expr"]
        for these in promtool.groups(rendered, ENVIRONMENT).values()
        for group in these
        for rule in group["rules"]
        if "record" in rule
    }
    rows, empty = [], set()
    for name, board in sorted(rendered_dashboards(rendered, ENVIRONMENT).items()):
        for title, expr in queries(board):
            series = ask(address, expr)
            jobs = jobs_of(address, expr, records)
            source = ", ".join(job if job in real else f"{job} (stand-in)" for job in sorted(jobs))
            note = EMPTY.get(title, "")
            if not series and not note:
                empty.add((name, title, expr))
            shown = expr.replace("|", "\\|")
            rows.append(f"| {board['uid']} | {title} | `{shown}` | {len(series)} | {source} | {note} |")
    report = os.environ.get("PRESYNC_MONITORING_REPORT")
    if report:
        head = "| dashboard | panel | query | series | answered by | note |\n|---|---|---|---|---|---|\n"
        Path(report).write_text(head + "\n".join(rows) + "\n", "utf-8")
    assert not empty, "\n".join(map(str, sorted(empty)))


@pytest.mark.live
@pytest.mark.oracle
@pytest.mark.xdist_group("monitoring-live")
def test_the_rules_work(prometheus: tuple[str, set[str]]) -> None:
    """No rule fails on real series, and what is wrong here is said."""
    address, _ = prometheus
    groups = json.loads(get(f"{address}/api/v1/rules"))["data"]["groups"]
    failed = [
        f"{rule['name']}: {rule['lastError']}" for group in groups for rule in group["rules"] if rule.get("lastError")
    ]
    assert not failed
    wait_for("FeastNullAnswersHigh", lambda: bool(ask(address, 'ALERTS{alertname="FeastNullAnswersHigh"}')), 60)

    def firing() -> set[str]:
        return {one["metric"]["alertname"] for one in ask(address, 'ALERTS{alertstate="firing"}')}

    assert {"Watchdog", "TargetDown", "ArgoCDAppDegraded", "KubePodNotReady", "FeastNullAnswersHigh"} <= firing()
    # A scrape may be late on a busy machine, and no alert waits here; but none of these goes on firing.
    wrong = {"PrometheusNoAlertmanager", "PrometheusConfigReloadFailed", "RedisDown", "FeastDown"}
    wait_for(f"an end of {sorted(wrong)}", lambda: not wrong & firing(), 60)


@pytest.mark.live
@pytest.mark.oracle
@pytest.mark.xdist_group("monitoring-live")
def test_names_of_real_programs(prometheus: tuple[str, set[str]], rendered: Path) -> None:
    """A metric of a program that runs here and that a rule names is a metric it gives."""
    address, _ = prometheus
    there = set(json.loads(get(f"{address}/api/v1/label/__name__/values"))["data"])
    named: set[str] = set()
    for environment in promtool.ENVIRONMENTS:
        for these in promtool.groups(rendered, environment).values():
            for group in these:
                for rule in group["rules"]:
                    named |= set(
                        re.findall(r"\b((?:prometheus|alertmanager|redis|node|push)_\w+)(?=[{[)\s]|$)", rule["expr"])
                    )
    # These begin with an event that has not happened here, or need a kernel that keeps the time.
    named -= {"redis_errors_total", "prometheus_target_scrapes_exceeded_sample_limit_total"}
    assert len(named) > 40
    missing = sorted(named - there)
    assert not missing
