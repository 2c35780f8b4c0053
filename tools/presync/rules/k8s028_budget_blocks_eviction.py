"""A PodDisruptionBudget never lets a Pod go.

Draining a node then waits until somebody removes the budget by hand: upgrades of the cluster stop there.

Bad:

    # of a Deployment with replicas: 1
    kind: PodDisruptionBudget
    spec: {minAvailable: 1}

Good:

    # replicas: 2
    kind: PodDisruptionBudget
    spec: {maxUnavailable: 1}
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.selectors import matches
from presync.platform.workloads import pod_specs
from presync.render.model import Resource
from presync.rules.model import Match

ID = "K8S028"
NAME = "budget-blocks-eviction"
SEVERITY = Severity.WARNING
_COUNTED = ("Deployment", "StatefulSet")


def check(platform: Platform) -> Iterator[Match]:
    """Every budget whose Pods are all counted here."""
    for entry, resource in index(platform).of_kind("policy", "PodDisruptionBudget"):
        spec = resource.data.get("spec")
        if not isinstance(spec, Mapping):
            continue
        found = _replicas(platform, entry, resource)
        field, allowed = _allowed(spec, found)
        if allowed is not None and allowed <= 0:
            of = f" of {found} replicas" if found is not None else ""
            yield Match(
                f"{field} {spec[field]}{of} leaves no Pod that may be evicted",
                "Run more replicas, or set maxUnavailable: 1.",
                entry,
                resource,
                ("spec", field),
            )


def _replicas(platform: Platform, entry: Entry, budget: Resource) -> int | None:
    """How many Pods it protects; None where that is not known."""
    total, known = 0, False
    cluster = entry.application.destination.cluster
    selector = budget.data["spec"].get("selector")
    for kind in _COUNTED:
        for _, workload in index(platform).in_namespace(cluster, budget.namespace, kind):
            spec = workload.data.get("spec")
            for pod in pod_specs(workload.data, kind):
                if selector is not None and matches(selector, pod.labels):
                    known = True
                    total += _count(platform, cluster, workload, spec if isinstance(spec, Mapping) else {})
    return total if known else None


def _count(platform: Platform, cluster: str, workload: Resource, spec: Mapping[str, Any]) -> int:
    """The replicas of a workload; an autoscaler's minimum where it has one."""
    for _, scaler in index(platform).in_namespace(cluster, workload.namespace, "HorizontalPodAutoscaler"):
        target = (scaler.data.get("spec") or {}).get("scaleTargetRef") or {}
        if (target.get("kind"), target.get("name")) == (workload.kind, workload.name):
            minimum = scaler.data["spec"].get("minReplicas", 1)
            return minimum if isinstance(minimum, int) else 1
    replicas = spec.get("replicas", 1)
    return replicas if isinstance(replicas, int) else 1


def _allowed(spec: Mapping[str, Any], replicas: int | None) -> tuple[str, int | None]:
    """How many may go at once, rounded as the controller does: both fields are rounded up."""
    if "maxUnavailable" in spec:
        value = _number(spec["maxUnavailable"], 100 if replicas is None else replicas)
        return "maxUnavailable", value
    if "minAvailable" in spec:
        if spec["minAvailable"] == "100%":
            return "minAvailable", 0
        value = None if replicas is None else _number(spec["minAvailable"], replicas)
        return "minAvailable", None if value is None or not replicas else replicas - value
    return "", None


def _number(value: Any, of: int) -> int | None:
    if isinstance(value, int):
        return value
    text = str(value)
    return math.ceil(int(text[:-1]) * of / 100) if text.endswith("%") and text[:-1].isdigit() else None
