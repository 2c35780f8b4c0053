"""A container that a Service sends requests to has no readinessProbe.

Without one a Pod counts as ready the moment its process has started. Requests reach it before it listens, and a
roll-out stops the old Pods while the new ones cannot answer yet: calls fail at every release, and whenever a replica is
added. It is a warning where there are several replicas, which somebody wants for exactly that; with one replica, or
behind a startupProbe, which holds requests back at the start but never again, it is good to know.

Not looked at: Services that publish Pods before they are ready, the headless Service of a StatefulSet, ports for
metrics, exporters, UDP, Pods with readiness gates, Jobs and hooks. Where two containers may be meant, nothing is said.
See
<https://kubernetes.io/docs/concepts/workloads/pods/probes/>.

Bad:

    ports: [{name: http, containerPort: 8080}]
    livenessProbe: {httpGet: {path: /health, port: http}}

Good:

    ports: [{name: http, containerPort: 8080}]
    livenessProbe: {httpGet: {path: /health, port: http}}
    readinessProbe: {httpGet: {path: /ready, port: http}}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.argocd.sync import is_applied, is_hook
from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.references import selection
from presync.platform.selectors import matches_labels
from presync.platform.validation.access import Object, has, items, number, obj, text
from presync.platform.workloads import pod_specs
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.pods import Path, Pod, running

ID = "K8S030"
NAME = "served-without-readiness"
SEVERITY = Severity.WARNING
_SERVING = frozenset(
    ["DaemonSet", "Deployment", "Pod", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"]
)
_REPLICATED = frozenset(["Deployment", "ReplicaSet", "ReplicationController", "Rollout", "StatefulSet"])


@dataclass(slots=True)
class _Served:
    """A container without the probe, and the Services that send to it."""

    pod: Pod
    path: Path
    container: Object
    services: dict[str, None] = field(default_factory=dict)


def check(platform: Platform) -> Iterator[Match]:
    """Every port of every Service; one finding for a container, however many Services it has."""
    found: dict[tuple[int, Path], _Served] = {}
    for entry, service in index(platform).of_kind("", "Service"):
        if not is_applied(service.annotations) or not _waits(service):
            continue
        cluster = entry.application.destination.cluster
        for pod in _pods(platform, cluster, service):
            for path, container in _behind(service, pod):
                if not has(container, "readinessProbe") and "exporter" not in text(container, "name"):
                    served = found.setdefault((id(pod.resource), path), _Served(pod, path, container))
                    served.services.setdefault(service.name)
    for served in found.values():
        yield _match(platform, served)


def _waits(service: Resource) -> bool:
    """Whether the Service leaves out Pods that are not ready, and is asked by clients at all."""
    spec = obj(service.data, "spec")
    return (
        bool(obj(spec, "selector"))
        and text(spec, "type") != "ExternalName"
        and spec.get("publishNotReadyAddresses") is not True
        and service.annotations.get("service.alpha.kubernetes.io/tolerate-unready-endpoints") != "true"
    )


def _pods(platform: Platform, cluster: str, service: Resource) -> Iterator[Pod]:
    """The Pods it selects that are there to answer."""
    selector = obj(service.data, "spec", "selector")
    headless = text(obj(service.data, "spec"), "clusterIP") == "None"
    for found in selection(platform).pods(cluster, service.namespace, {"matchLabels": selector}):
        resource = found.resource
        if resource.kind not in _SERVING or is_hook(resource.annotations) or _count(resource) == 0:
            continue
        if headless and resource.kind == "StatefulSet":
            continue  # it gives the replicas names, by which they find each other
        for spec in pod_specs(resource.data, resource.kind):
            if matches_labels(selector, spec.labels) and not spec.spec.get("readinessGates"):
                yield Pod(found.entry, resource, spec)


def _behind(service: Resource, pod: Pod) -> Iterator[tuple[Path, Object]]:
    """The containers that its ports lead to."""
    candidates = list(running(pod))
    for _, port in items(obj(service.data, "spec"), "ports"):
        if "metrics" in text(port, "name") or port.get("protocol", "TCP") == "UDP":
            continue  # a scrape that fails harms nobody, and no probe asks UDP
        wanted = port.get("targetPort", port.get("port"))
        if isinstance(wanted, str) and wanted.isdigit():
            wanted = int(wanted)
        declaring = [one for one in candidates if _declares(one[1], wanted)]
        if declaring:
            yield declaring[0]
        elif isinstance(wanted, int) and len(candidates) == 1:
            yield candidates[0]  # a container may listen without saying so


def _declares(container: Object, wanted: Any) -> bool:
    return any(wanted in (port.get("name"), port.get("containerPort")) for _, port in items(container, "ports"))


def _match(platform: Platform, served: _Served) -> Match:
    name, services = served.container.get("name"), " and ".join(sorted(served.services))
    plural = "Services" if len(served.services) > 1 else "Service"
    if has(served.container, "startupProbe"):
        message = f"container {name} stays in {plural} {services} when it cannot answer: it has no readinessProbe"
        remedy = "Its startupProbe holds requests back at the start only. Add a readinessProbe."
        severity = Severity.INFO
    else:
        message = f"{plural} {services} sends requests to container {name} before it listens: it has no readinessProbe"
        message = message.replace(" sends ", " send ") if len(served.services) > 1 else message
        remedy = "Add a readinessProbe that passes once it can answer; else requests fail while it starts."
        severity = Severity.WARNING if _several(platform, served.pod.entry, served.pod.resource) else Severity.INFO
    return Match(
        message,
        remedy,
        served.pod.entry,
        served.pod.resource,
        (*served.path, "readinessProbe"),
        severity=severity,
        beside=_beside(served),
    )


def _beside(served: _Served) -> Path:
    """What of the container stands where the probe belongs."""
    there = (one for one in ("livenessProbe", "startupProbe", "ports") if has(served.container, one))
    name = next(there, "name")
    return (*served.path, name)


def _several(platform: Platform, entry: Entry, workload: Resource) -> bool:
    """Whether there is, or may be, more than one replica."""
    if workload.kind not in _REPLICATED:
        return False
    cluster = entry.application.destination.cluster
    for kind, most in (("HorizontalPodAutoscaler", "maxReplicas"), ("ScaledObject", "maxReplicaCount")):
        for _, scaler in index(platform).in_namespace(cluster, workload.namespace, kind):
            spec = obj(scaler.data, "spec")
            target: Mapping[str, Any] = obj(spec, "scaleTargetRef")
            if (target.get("kind", "Deployment"), target.get("name")) == (workload.kind, workload.name):
                return (number(spec, most) or 100) > 1  # 100 is what KEDA takes where nothing is said
    return _count(workload) > 1


def _count(workload: Resource) -> int:
    """The replicas as the manifest says."""
    replicas = number(obj(workload.data, "spec"), "replicas") if workload.kind in _REPLICATED else None
    return 1 if replicas is None else replicas
