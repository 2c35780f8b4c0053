"""The tables of exporters: whole, and found by what a tree deploys."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest

from presync.observability.tables import Table, any_of, of_image, of_name, tables

TABLES = tables()


def named(name: str) -> Table:
    return next(table for table in TABLES if table.exporter == name)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.exporter)
def test_every_table_says_where_it_comes_from(table: Table) -> None:
    file = resources.files("presync.observability").joinpath(f"tables/{table.exporter}.json")
    data = json.loads(file.read_text("utf-8"))
    assert data["source"] in ("process", "documentation", "process and documentation")
    assert data["version"] not in ("", "unknown")
    assert table.open or table.metrics
    assert all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_*]*", name) for name in data["metrics"])


def test_no_two_tables_own_a_prefix() -> None:
    listed = [prefix for table in TABLES for prefix in table.prefixes]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("image", "exporter"),
    [
        ("oliver006/redis_exporter:v1.88.0", "redis-exporter"),
        ("docker.io/oliver006/redis_exporter@sha256:00", "redis-exporter"),
        ("registry.example.com:5000/mlops/feast:0.67.0", "feast"),
        ("quay.io/prometheus/prometheus:v3.5.3", "prometheus"),
        ("registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0", "kube-state-metrics"),
        ("quay.io/prometheus/node-exporter", "node-exporter"),
        ("prom/statsd-exporter:v0.31.0", "statsd-exporter"),
        ("quay.io/argoproj/argocd:v3.5.7", "argocd"),
        ("prom/pushgateway:v1.11.1", "pushgateway"),
    ],
)
def test_images(image: str, exporter: str) -> None:
    assert exporter in [table.exporter for table in of_image(image)]


def test_what_is_not_known() -> None:
    assert of_image("registry.example.com/billing:1") == ()
    assert of_name("billing") == ()
    assert [table.exporter for table in of_name("argo-cd")] == ["argocd"]


def test_parts_of_a_family() -> None:
    feast = named("feast")
    assert feast.find("feast_feature_server_request_total") == (True, frozenset({"endpoint", "status"}))
    known, labels = feast.find("feast_feature_server_request_latency_seconds_bucket")
    assert known and labels is not None and "le" in labels
    assert feast.find("feast_feature_server_request_total_bucket") == (False, None)
    assert named("kubernetes").find("container_oom_events_total")[0]
    assert named("airflow").find("airflow_dag_a_b_duration_sum")[0]
    assert named("kube-state-metrics").find("kube_pod_status_phase")[1] == {"namespace", "phase", "pod", "uid"}


def test_names_with_any_text() -> None:
    assert any_of("a_*_b").fullmatch("a_x_y_b_sum")
    assert not any_of("a_*_b").fullmatch("a__c")
