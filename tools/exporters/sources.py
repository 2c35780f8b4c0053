"""How the names of each exporter are found out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from exporters import exposition
from exporters.exposition import Families, Family
from exporters.processes import Unavailable, get, port, program, running, wait_for
from exporters.tables import Read

PROCESS = "process"
_BUILD = re.compile(r'_build_info\{(?:.*?,)?version="([^"]+)"')
_CELL = re.compile(r"\s*(?<!\\)\|\s*")
_PROCESS = re.compile(r"(?:go|process|promhttp|python)_")


def own(families: Families) -> Families:
    """Without what every client library brings along; that is a table of its own."""
    return {name: family for name, family in families.items() if not _PROCESS.match(name)}


def said_version(command: list[str], text: str) -> str:
    """From the build_info of the scrape, else from --version."""
    match = _BUILD.search(text)
    if match:
        return match[1].removeprefix("v")
    answer = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False, timeout=30)
    found = re.search(r"\d+\.\d+\.\d+", answer.stdout + answer.stderr)
    return found[0] if found else "unknown"


def simple(command: list[str], number: int, folder: Path, path: str = "/metrics") -> Read:
    """An exporter that only has to be started."""
    with running(command, folder):
        url = f"http://127.0.0.1:{number}{path}"
        wait_for(url)
        time.sleep(2)
        text = get(url)
    return Read(own(exposition.read(text)), said_version(command[:1], text), PROCESS)


def redis_exporter(folder: Path) -> Read:
    """With a Redis that has AOF, a replica, clients, keys, and a configuration to show."""
    exporter, server, tool = (
        program("redis_exporter", "prometheus-redis-exporter"),
        program("redis-server"),
        program("redis-cli"),
    )
    primary, replica, number = port(), port(), port()
    common = [server, "--bind", "127.0.0.1", "--save", "60 1", "--appendonly", "yes", "--maxmemory", "64mb"]
    (folder / "replica").mkdir()
    with (
        running([*common, "--port", str(primary)], folder),
        running([*common, "--port", str(replica), "--replicaof", "127.0.0.1", str(primary)], folder / "replica"),
    ):
        for _ in range(50):
            done = subprocess.run([tool, "-p", str(primary), "set", "a", "1"], capture_output=True, check=False)
            if done.stdout.startswith(b"OK"):
                break
            time.sleep(0.2)
        time.sleep(3)
        found: Families = {}
        for target in (primary, replica):
            number = port()
            with running(
                [
                    exporter,
                    "--redis.addr",
                    f"redis://127.0.0.1:{target}",
                    "--web.listen-address",
                    f"127.0.0.1:{number}",
                ],
                folder,
            ):
                wait_for(f"http://127.0.0.1:{number}/metrics")
                text = get(f"http://127.0.0.1:{number}/metrics")
                exposition.merge(found, own(exposition.read(text)))
    note = "one primary and one replica, both with AOF"
    folders = filter(None, (os.environ.get("PRESYNC_EXPORTERS") or "").split(os.pathsep))
    sources = next((one for one in (Path(name) / "redis_exporter.src" for name in folders) if one.is_dir()), None)
    if sources is None:
        return Read(found, said_version([exporter], text), PROCESS, note)
    code = "".join(
        file.read_text("utf-8") for file in sorted((sources / "exporter").glob("*.go")) if "_test" not in file.name
    )
    exposition.merge(found, _redis_named(code))
    note += "; names of other modes (cluster, sentinel, streams, keys) from the sources of the same version"
    return Read(found, said_version([exporter], text), "process and documentation", note)


def _redis_named(code: str) -> Families:
    """Names in the maps of redis_exporter's sources."""
    found: Families = {}
    for start, kind in (("metricMapGauges:", "gauge"), ("metricMapCounters:", "counter")):
        block = code.partition(start)[2].partition("\n\t\t},")[0]
        for name in re.findall(r'"[^"]+":\s+"([a-z0-9_]+)"', block):
            found[f"redis_{name}"] = Family(kind, None)
    for name, labels in re.findall(r'"([a-z0-9_]+)":\s+\{txt: [^\n]*?(?:lbls: \[\]string\{(.*?)\})?\}', code):
        found[f"redis_{name}"] = Family("untyped", set(re.findall(r'"(\w+)"', labels)) or None, True)
    return found


def pushgateway(folder: Path) -> Read:
    """Its own names; what is pushed to it has the names that were pushed."""
    number = port()
    command = [program("pushgateway", "prometheus-pushgateway"), f"--web.listen-address=127.0.0.1:{number}"]
    with running(command, folder):
        url = f"http://127.0.0.1:{number}"
        wait_for(f"{url}/metrics")
        import urllib.request  # noqa: PLC0415

        body = b"pushed_example 1\n"
        request = urllib.request.Request(f"{url}/metrics/job/example", body, method="PUT")  # noqa: S310 - loopback
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
        text = get(f"{url}/metrics")
    found = own(exposition.read(text))
    found.pop("pushed_example", None)
    for family in found.values():
        # Of what was pushed, only the grouping is known, and it is free.
        if family.labels and "job" in family.labels:
            family.labels = None
    return Read(found, said_version(command[:1], text), PROCESS)


def node_exporter(folder: Path) -> Read:
    """With its default collectors, of which some show only on other machines; those names come with its sources."""
    number = port()
    command = [program("node_exporter", "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{number}"]
    found = simple(command, number, folder)
    fixtures = _module("github.com/prometheus/node_exporter", found.version)
    note = "default collectors"
    if fixtures is not None:
        text = fixtures / "collector" / "fixtures" / "e2e-output.txt"
        expected = own(exposition.read(text.read_text("utf-8")))
        exposition.merge(found.families, {n: f for n, f in expected.items() if n.startswith("node_")})
        for file in sorted((fixtures / "collector").glob("meminfo_*.go")):  # systems that are not Linux
            for name in re.findall(r'^\s+"([a-z_]+)":\s', file.read_text("utf-8"), re.MULTILINE):
                found.families.setdefault(f"node_memory_{name}", Family("gauge", set()))
        for name in _node_named(fixtures / "collector"):
            found.families.setdefault(name, Family("untyped", None))
        note += "; further names from its sources"
    return Read(found.families, found.version, "process and documentation", note)


def _node_named(folder: Path) -> Iterator[str]:
    """Names that collectors build of a subsystem and a word, whether they are on or not."""
    for file in sorted(folder.glob("*.go")):
        text = file.read_text("utf-8")
        words = dict(re.findall(r'(\w+)\s*:?=\s*"([a-z0-9_]+)"', text))
        for subsystem, name in re.findall(r'BuildFQName\(namespace, ("?\w+"?), "([a-z0-9_]+)"\)', text):
            part = subsystem.strip('"') if subsystem.startswith('"') else words.get(subsystem, "")
            if part:
                yield f"node_{part}_{name}"


def _module(path: str, version: str) -> Path | None:
    """The folder of a Go module, when it is in the module cache."""
    root = Path(os.environ.get("GOMODCACHE") or Path.home() / "go" / "pkg" / "mod")
    folder = root / f"{path}@v{version}"
    return folder if folder.is_dir() else None


def prometheus(folder: Path) -> Read:
    """Scraping itself, with a rule and an Alertmanager, so that every part of it has something to count."""
    number = port()
    (folder / "rules.yaml").write_text("groups: [{name: a, rules: [{record: 'a:b', expr: vector(1)}]}]\n")
    own_target = f"127.0.0.1:{number}"
    (folder / "targets.json").write_text("[]")
    (folder / "prometheus.yaml").write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yaml]\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{own_target}']}}]}}]}}\n"
        f"remote_write: [{{url: 'http://{own_target}/api/v1/write'}}]\n"
        f"remote_read: [{{url: 'http://{own_target}/api/v1/read'}}]\n"
        f"scrape_configs:\n- {{job_name: self, static_configs: [{{targets: ['{own_target}']}}]}}\n"
        "- {job_name: file, file_sd_configs: [{files: [targets.json]}]}\n"
        f"- {{job_name: http, http_sd_configs: [{{url: 'http://{own_target}/'}}]}}\n"
    )
    command = [program("prometheus"), "--config.file=prometheus.yaml", f"--web.listen-address=127.0.0.1:{number}"]
    with running([*command, "--storage.tsdb.path=data", "--web.enable-remote-write-receiver"], folder):
        wait_for(f"http://127.0.0.1:{number}/-/ready")
        time.sleep(15)
        text = get(f"http://127.0.0.1:{number}/metrics")
    found = own(exposition.read(text))
    for name in ("ALERTS", "ALERTS_FOR_STATE"):
        found[name] = Family("gauge", None)
    return Read(found, said_version(command[:1], text), PROCESS)


def scraped() -> Families:
    """What Prometheus itself stores for every target."""
    names = ("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling")
    more = (
        "scrape_series_added",
        "scrape_timeout_seconds",
        "scrape_sample_limit",
        "scrape_body_size_bytes",
        "ALERTS",
        "ALERTS_FOR_STATE",
    )
    return {name: Family("gauge", None) for name in (*names, *more)}


def libraries(folder: Path) -> Read:
    """go_, process_, promhttp_ and python_, from two processes: Go's and Python's client library."""
    number = port()
    found = scraped()
    with running(
        [program("node_exporter", "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{number}"], folder
    ):
        wait_for(f"http://127.0.0.1:{number}/metrics")
        exposition.merge(found, exposition.read(get(f"http://127.0.0.1:{number}/metrics")))
    code = "import prometheus_client as p; print(p.generate_latest().decode())"
    answer = subprocess.run(
        [program("feast-python", "python3"), "-c", code], capture_output=True, text=True, check=False
    )
    exposition.merge(found, exposition.read(answer.stdout))
    kept = {name: family for name, family in found.items() if _PROCESS.match(name) or name in scraped()}
    if not any(name.startswith("python_") for name in kept):
        raise Unavailable("no Python with prometheus-client (link it as feast-python)")
    for family in kept.values():
        family.labels = None
    return Read(kept, "any", PROCESS, "scrapes of a Go program and of a Python program; up and scrape_* by Prometheus")


def alertmanager(folder: Path) -> Read:
    """With one receiver."""
    number, cluster = port(), port()
    (folder / "alertmanager.yaml").write_text("route: {receiver: a}\nreceivers: [{name: a}]\n")
    command = [program("alertmanager", "prometheus-alertmanager")]
    flags = ["--config.file=alertmanager.yaml", f"--web.listen-address=127.0.0.1:{number}", "--storage.path=data"]
    return simple([*command, *flags, f"--cluster.listen-address=127.0.0.1:{cluster}"], number, folder)


def statsd_exporter(folder: Path) -> Read:
    """Its own names; what applications send is mapped by the tree's own configuration."""
    number, listen = port(), port()
    command = [program("statsd_exporter"), f"--web.listen-address=127.0.0.1:{number}"]
    flags = [f"--statsd.listen-udp=127.0.0.1:{listen}", "--statsd.listen-tcp="]
    found = simple([*command, *flags], number, folder)
    return Read({n: f for n, f in found.families.items() if n.startswith("statsd_")}, found.version, found.source)


def airflow(folder: Path) -> Read:
    """Every name in Airflow's own list, sent to a real statsd_exporter without a mapping.

    A part that is a DAG, a task or a pool becomes `*`: any text.
    """
    import socket  # noqa: PLC0415

    python = program("airflow-python")
    code = "import airflow, pathlib; print(airflow.__version__); print(pathlib.Path(airflow.__file__).parent)"
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    version, package = answer.stdout.split("\n")[-3:-1]
    listed = Path(package) / "_shared" / "observability" / "metrics" / "metrics_template.yaml"
    data: dict[str, Any] = yaml.safe_load(listed.read_text("utf-8"))
    number, listen = port(), port()
    command = [program("statsd_exporter"), f"--web.listen-address=127.0.0.1:{number}", "--statsd.listen-tcp="]
    letters = {"counter": "c", "gauge": "g", "timer": "ms", "histogram": "ms"}
    with running([*command, f"--statsd.listen-udp=127.0.0.1:{listen}"], folder):
        wait_for(f"http://127.0.0.1:{number}/metrics")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for one in data["metrics"]:
                for name in {one["name"], one.get("legacy_name") or "-"} - {"-"}:
                    sent = "airflow." + re.sub(r"\{.*?\}", "ANYTEXT", name)
                    sender.sendto(f"{sent}:1|{letters[one['type']]}\n".encode(), ("127.0.0.1", listen))
                    time.sleep(0.002)
        time.sleep(1)
        text = get(f"http://127.0.0.1:{number}/metrics")
    found = {
        name.replace("ANYTEXT", "*"): Family(family.type, None)
        for name, family in exposition.read(text).items()
        if name.startswith("airflow_")
    }
    return Read(found, version, PROCESS, "Airflow's list of names through a statsd_exporter without a mapping")


FEAST_REPO = """
from datetime import datetime, timedelta
import pandas as pd
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float32
user = Entity(name="user", join_keys=["user_id"], value_type=ValueType.INT64)
source = FileSource(name="s", path="{folder}/data.parquet", timestamp_field="event_timestamp")
view = FeatureView(name="users", entities=[user], ttl=timedelta(days=30), source=source, online=True,
                   schema=[Field(name="spend", dtype=Float32)])
"""
FEAST_PREPARE = """
import datetime, pandas as pd
from feast import FeatureStore
now = datetime.datetime.now(datetime.timezone.utc)
pd.DataFrame({"user_id": [1, 2], "spend": [1.0, 2.0], "event_timestamp": [now, now]}).to_parquet("data.parquet")
from repo import user, view
store = FeatureStore(".")
store.apply([user, view])
store.materialize_incremental(now + datetime.timedelta(minutes=1))
"""
FEAST_NAMES = """
import json
import feast.metrics as m
from prometheus_client.metrics import MetricWrapperBase
found = [one for one in vars(m).values() if isinstance(one, MetricWrapperBase)]
print(json.dumps([[one._name, one._type, list(one._labelnames)] for one in found]))
"""


def feast(folder: Path) -> Read:
    """`feast serve -m` asked for features once; what needs an event that did not happen, from its own registry."""
    python = program("feast-python")
    where = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=False)
    binary = str(Path(where.stdout.strip()) / "bin" / "feast")
    quiet = {"FEAST_USAGE": "False", "IS_TEST": "True"}
    (folder / "feature_store.yaml").write_text(
        "project: example\nprovider: local\nregistry: registry.db\n"
        "online_store: {type: sqlite, path: online.db}\noffline_store: {type: dask}\n"
        "entity_key_serialization_version: 3\n"
    )
    (folder / "repo.py").write_text(FEAST_REPO.format(folder=folder))
    environment = {**os.environ, **quiet, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [python, "-c", FEAST_PREPARE],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    if done.returncode:
        raise Unavailable(f"Feast could not be prepared: {done.stderr[-500:]}")
    number = port()
    with running([binary, "serve", "-h", "127.0.0.1", "-p", str(number), "-m"], folder, quiet):
        wait_for(f"http://127.0.0.1:{number}/health")
        _ask(
            f"http://127.0.0.1:{number}/get-online-features",
            {"features": ["users:spend"], "entities": {"user_id": [1]}},
        )
        time.sleep(8)
        found = own(exposition.read(wait_for("http://127.0.0.1:8000/metrics")))
    version = subprocess.run(
        [python, "-c", "import importlib.metadata as m; print(m.version('feast'))"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    listed = subprocess.run([python, "-c", FEAST_NAMES], capture_output=True, text=True, check=False, timeout=120)
    for name, kind, labels in json.loads(listed.stdout.splitlines()[-1]):
        full = f"{name}_total" if kind == "counter" else name
        exposition.merge(found, {full: Family(kind, set(labels), True)})
    return Read(found, version, PROCESS, "feast serve -m, asked once; names without an event from its own registry")


def _ask(url: str, body: dict[str, Any]) -> None:
    import urllib.request  # noqa: PLC0415

    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - loopback


def table_rows(text: str) -> Iterator[list[str]]:
    """Rows of the Markdown tables of a page."""
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|-: "):
            yield [cell.strip() for cell in _CELL.split(line.strip())[1:-1]]


def ksm_documented(module: Path) -> Families:
    """Names and labels of kube-state-metrics' documentation and sources; a label in capitals stands for any."""
    found: Families = {}
    written = _ksm_labels(module)
    for page in sorted((module / "docs" / "metrics").rglob("*-metrics.md")):
        for cells in table_rows(page.read_text("utf-8")):
            name = cells[0].strip("`")
            if not re.fullmatch(r"kube_[a-z0-9_]+", name):
                continue
            labels = set(re.findall(r"`([A-Za-z_]+)`?\s*=", " ".join(cells[2:])))
            free = any(label != label.lower() for label in labels)
            words = [cell.lower() for cell in cells]
            kind = next((one for one in words if one in ("gauge", "counter", "info", "stateset")), "gauge")
            known = None if free or not labels else labels | written.get(name, set())
            found[name] = Family(kind, known, True)
    return found


def _ksm_labels(module: Path) -> dict[str, set[str]]:
    """Label names that stand after a metric's name in the sources."""
    found: dict[str, set[str]] = {}
    for file in sorted((module / "internal" / "store").glob("*.go")):
        parts = re.split(r'"(kube_[a-z0-9_]+)"', "" if file.name.endswith("_test.go") else file.read_text("utf-8"))
        for name, block in zip(parts[1::2], parts[2::2], strict=True):
            for listed in re.findall(r"\[\]string\{([^}]*)\}", block):
                found.setdefault(name, set()).update(re.findall(r'"([a-z_]+)"', listed))
    return found
