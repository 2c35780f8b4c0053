"""A HorizontalPodAutoscaler scales by utilization, and a container of its Pods requests none of that resource.

Utilization is a share of the request. Without one the autoscaler reports an error and never scales.

Bad:

    kind: HorizontalPodAutoscaler
    spec: {metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}
    # the Deployment
    containers: [{name: web, resources: {limits: {memory: 1Gi}}}]

Good:

    containers: [{name: web, resources: {requests: {cpu: 500m}, limits: {memory: 1Gi}}}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.workloads import pod_specs
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.pods import Pod, mappings, running

ID = "K8S029"
NAME = "autoscaler-without-requests"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every container whose utilization cannot be told."""
    known = index(platform)
    for entry, scaler in known.of_kind("autoscaling", "HorizontalPodAutoscaler"):
        spec = scaler.data.get("spec")
        if not isinstance(spec, Mapping):
            continue
        target = spec.get("scaleTargetRef")
        if not isinstance(target, Mapping):
            continue
        cluster = entry.application.destination.cluster
        for owner, workload in known.named(cluster, scaler.namespace, str(target.get("kind")), str(target.get("name"))):
            for pod_spec in pod_specs(workload.data, workload.kind):
                pod = Pod(owner, workload, pod_spec)
                for resource in _by_utilization(spec):
                    yield from _without(pod, resource, scaler)


def _by_utilization(spec: Mapping[str, Any]) -> list[str]:
    names = [
        str(metric["resource"].get("name"))
        for _, metric in mappings(spec.get("metrics"))
        if isinstance(metric.get("resource"), Mapping)
        and isinstance(metric["resource"].get("target"), Mapping)
        and metric["resource"]["target"].get("type") == "Utilization"
    ]
    if spec.get("targetCPUUtilizationPercentage") is not None or "metrics" not in spec:
        names.append("cpu")  # autoscaling/v1, and the default where nothing is said
    return names


def _without(pod: Pod, name: str, scaler: Resource) -> Iterator[Match]:
    for path, container in running(pod):
        resources = container.get("resources")
        resources = resources if isinstance(resources, Mapping) else {}
        # A limit without a request is the request too.
        if not any(
            isinstance(part := resources.get(kind), Mapping) and name in part for kind in ("requests", "limits")
        ):
            yield Match(
                f"{scaler} scales by the utilization of {name}, and container {container.get('name')} requests none",
                f"Set resources.requests.{name}.",
                pod.entry,
                pod.resource,
                (*path, "resources", "requests", name),
            )
