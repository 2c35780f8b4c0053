"""The chart's files read by the real Airflow, and Airflow's metrics by the real exporter.

``AIRFLOW_PYTHON`` names a Python that has Airflow 3.3 with the cncf.kubernetes, fab and amazon providers, unless this
one has. ``STATSD_EXPORTER`` names the exporter, or it is on the PATH.
"""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.charts.airflow_support import Chart, Manifests, container, environment, mounts

pytestmark = pytest.mark.oracle

# What Airflow makes of the template for one task, and of a task that asks for more memory.
POD = """
import datetime, json, sys
from kubernetes.client import models as k8s
from airflow.providers.cncf.kubernetes.kube_config import KubeConfig
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

settings = KubeConfig()
base = PodGenerator.deserialize_model_file(sys.argv[1])
override = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(
    name="base", resources=k8s.V1ResourceRequirements(limits={"memory": "9Gi"}))]))
pods = [PodGenerator.serialize_pod(PodGenerator.construct_pod(
    dag_id="data_pipeline_daily_dev", task_id="build_features", pod_id="build-features-1", try_number=1,
    kube_image=settings.kube_image, date=datetime.datetime(2026, 1, 1), args=["python", "-m", "x"],
    pod_override_object=one, base_worker_pod=base, namespace=settings.kube_namespace, scheduler_job_id="1"))
    for one in (None, override)]
print("PODS" + json.dumps(pods))
"""
CONFIG = """
import configparser, json, os
from airflow.configuration import conf

conf.load_providers_configuration() if hasattr(conf, "load_providers_configuration") else None
file = configparser.ConfigParser(interpolation=None)
file.read(os.environ["AIRFLOW_CONFIG"])
known = {name: sorted(one["options"]) for name, one in conf.configuration_description.items()}
values = {section: {name: conf.get(section, name) for name in file[section]} for section in file.sections()}
print("CONFIG" + json.dumps({"known": known, "values": values}))
"""
# Every name in Airflow's own list of metrics, with a value for each thing that is part of a name.
METRICS = """
import datetime, json
from airflow._shared.observability.metrics import stats
from airflow._shared.observability.metrics.metrics_registry import MetricsRegistry
from airflow.observability.metrics import stats_utils

stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)
sent = {}
for name, metric in MetricsRegistry()._metrics.items():
    words = {word: "SchedulerJob" if word == "job_name" else "x_py" for word in metric["name_variables"]}
    plain = name.format(**words)
    tags = {word: "x" for word in metric["name_variables"]} if plain == name else {}
    kind = metric["type"]
    if kind == "counter":
        stats.incr(plain, tags=tags)
    elif kind == "gauge":
        stats.gauge(plain, 7, tags=tags)
    else:
        stats.timing(plain, datetime.timedelta(seconds=2), tags=tags)
    sent[plain] = kind
print("SENT" + json.dumps(sent))
"""


@pytest.fixture(scope="session")
def python() -> str:
    named = os.environ.get("AIRFLOW_PYTHON", "")
    if not named and importlib.util.find_spec("airflow") is not None:
        named = sys.executable
    if not named:
        pytest.skip("NOT TRIED WITH AIRFLOW: set AIRFLOW_PYTHON to a Python that has Airflow 3.3")
    return named


@pytest.fixture(scope="module")
def dev(airflow: Chart) -> Manifests:
    return airflow.render(own=True)


def run(python: str, folder: Path, code: str, *arguments: str, cfg: str, **more: str) -> str:
    """Some code where this airflow.cfg is read; home is a folder of its own."""
    (folder / "airflow.cfg").write_text(cfg)
    variables = {
        "PATH": f"{Path(python).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW_CONFIG": str(folder / "airflow.cfg"),
        **more,
    }
    command = [python, "-c", code] if code else [python, "-m", "airflow"]
    done = subprocess.run(
        [*command, *arguments], cwd=folder, env=variables, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def after(marker: str, output: str) -> Any:
    return json.loads(next(line for line in output.splitlines() if line.startswith(marker))[len(marker) :])


@pytest.mark.parametrize("case", ["dev", "prod", "upstream"])
def test_the_pod_of_a_task_has_every_mount(airflow: Chart, python: str, tmp_path: Path, case: str) -> None:
    """Airflow's own deserializer drops what it does not know, without a word; nothing may get lost in it."""
    if case == "upstream":
        text = (Path(__file__).resolve().parents[3] / "charts/airflow/ci/upstream-values.yaml").read_text("utf-8")
        manifests = airflow.render(text)
    else:
        manifests = airflow.render(environment=case, own=True)
    template = manifests.pod("worker")
    (tmp_path / "pod_template_file.yaml").write_text(yaml.safe_dump(template))
    plain, larger = after(
        "PODS", run(python, tmp_path, POD, str(tmp_path / "pod_template_file.yaml"), cfg=manifests.cfg)
    )
    wanted = container(template)
    for pod in (plain, larger):
        kubernetes_validate.validate(pod, "1.36", strict=True)
        first = container(pod)
        assert mounts(pod, first) == mounts(template, wanted)
        assert environment(wanted).items() <= environment(first).items()
        assert first["image"] == wanted["image"]
        assert first["securityContext"] == wanted["securityContext"]
        assert pod["metadata"]["namespace"] == manifests.get("ConfigMap", "airflow-config")["metadata"]["namespace"]
        assert template["metadata"]["labels"].items() <= pod["metadata"]["labels"].items()
        assert template["metadata"]["annotations"].items() <= pod["metadata"]["annotations"].items()
        assert pod["spec"]["initContainers"] == template["spec"]["initContainers"]
        for one in (*pod["spec"]["containers"], *pod["spec"]["initContainers"]):
            assert one["securityContext"]["readOnlyRootFilesystem"] is True
    assert container(larger)["resources"]["limits"]["memory"] == "9Gi"


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_airflow_reads_the_configuration(airflow: Chart, python: str, tmp_path: Path, environment: str) -> None:
    """No option that Airflow does not know, and each value as it stands in airflow.cfg."""
    cfg = airflow.render(environment=environment, own=True).cfg
    wanted = configparser.ConfigParser(interpolation=None)
    wanted.read_string(cfg)
    read = after("CONFIG", run(python, tmp_path, CONFIG, cfg=cfg))
    for section in wanted.sections():
        for name, value in wanted[section].items():
            assert name in read["known"].get(section, ()), f"Airflow knows no {section}.{name}"
            assert read["values"][section][name] == value
    listed = run(python, tmp_path, "", "config", "list", "--include-sources", cfg=cfg)
    assert all(f"[{section}]" in listed for section in wanted.sections())
    run(python, tmp_path, "", "config", "lint", cfg=cfg)


def free(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def exporter(program: str, mapping: Path) -> Iterator[tuple[int, str]]:
    udp, web = free(socket.SOCK_DGRAM), free(socket.SOCK_STREAM)
    command = [
        program,
        f"--statsd.mapping-config={mapping}",
        f"--statsd.listen-udp=127.0.0.1:{udp}",
        "--statsd.listen-tcp=",
        f"--web.listen-address=127.0.0.1:{web}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{web}/-/ready", timeout=1)
                break
            except OSError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.1)
        yield udp, f"http://127.0.0.1:{web}/metrics"
    finally:
        process.terminate()
        process.wait(10)


def test_metrics_have_the_names_the_alerts_use(dev: Manifests, python: str, tmp_path: Path) -> None:
    """Every metric Airflow knows, sent by Airflow, read from the exporter; what the alerts ask for is among them."""
    program = os.environ.get("STATSD_EXPORTER") or shutil.which("statsd_exporter")
    if not program:
        pytest.skip("METRICS NOT TRIED: set STATSD_EXPORTER to the program of prometheus/statsd_exporter")
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(dev.get("ConfigMap", "airflow-statsd")["data"]["mapping.yaml"])
    with exporter(program, mapping) as (udp, url):
        where = {"AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1", "AIRFLOW__METRICS__STATSD_PORT": str(udp)}
        sent = after("SENT", run(python, tmp_path, METRICS, cfg=dev.cfg, **where))
        time.sleep(1)
        text = urllib.request.urlopen(url, timeout=5).read().decode()  # noqa: S310 - our own address
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    assert len(sent) > 50
    for metric, kind in sent.items():
        name = "airflow_" + metric.replace(".", "_").replace("-", "_")
        if metric.startswith("SchedulerJob"):
            name = "airflow_job" + metric.removeprefix("SchedulerJob")
        name = name.removesuffix("_x_py")
        assert (f"{name}_count" if kind == "timer" else name) in names, metric
    rules = dev.get("PrometheusRule", "airflow")["spec"]["groups"][0]["rules"]
    asked = {word for rule in rules for word in re.findall(r"airflow_\w+", rule["expr"])}
    assert asked and asked <= names
    assert 'airflow_ti_queued{dag_id="x",queue="x",task_id="x"} 7' in text
    assert "statsd_exporter_tag_errors_total 0" in text
