"""What label selectors find."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from presync.argocd.sync import is_applied
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.selectors import matches
from presync.platform.validation.access import Object, items, number, obj, text
from presync.platform.workloads import GROUPS, pod_specs
from presync.render.model import Resource

# Groups whose objects make no Pods, or Pods that are known here.
_NO_PODS = frozenset(
    {
        "argoproj.io",
        "bitnami.com",
        "cert-manager.io",
        "config.gatekeeper.sh",
        "external-secrets.io",
        "metallb.io",
        "monitoring.coreos.com",
        "templates.gatekeeper.sh",
    }
)
_OPERATED = {"Prometheus": "prometheus", "Alertmanager": "alertmanager", "ThanosRuler": "thanos-ruler"}
# Labels that controllers put on Pods one by one; no template has them.
_GIVEN_LATER = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
# Where the control plane, the DNS and the proxies of a cluster run, which no Application makes.
_SYSTEM = "kube-system"
_OPERATED_PORTS = frozenset({"web", "reloader-web", "grpc", "mesh-tcp", "mesh-udp"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """Something with labels: a Pod to come, or a Service."""

    entry: Entry
    resource: Resource
    labels: Mapping[str, Any]
    ports: frozenset[str] = frozenset()  # names
    numbers: frozenset[int] = frozenset()


class Selection:
    """Pods and Services of every namespace, found by their labels without comparing all with all."""

    def __init__(self, platform: Platform) -> None:
        self._pods: dict[tuple[str, str], _Labels] = {}
        self._services: dict[tuple[str, str], _Labels] = {}
        self._makers: dict[tuple[str, str], str] = {}
        self._dark: dict[tuple[str, str], str] = {}
        for entry in platform.entries:
            cluster = entry.application.destination.cluster
            if entry.rendered.unavailable or entry.rendered.error:
                self._dark.setdefault((cluster, entry.application.destination.namespace), entry.name)
            for resource in entry.rendered.resources:
                if is_applied(resource.annotations):
                    self._add(cluster, entry, resource)

    def _add(self, cluster: str, entry: Entry, resource: Resource) -> None:
        place = (cluster, resource.namespace)
        if resource.group in GROUPS:
            for pod in pod_specs(resource.data, resource.kind):
                names, numbers = _ports(pod.spec)
                self._pods.setdefault(place, _Labels()).add(Labelled(entry, resource, pod.labels, names, numbers))
        if (resource.group, resource.kind) == ("", "Service"):
            names = frozenset(text(port, "name") for _, port in items(obj(resource.data, "spec"), "ports"))
            service = Labelled(entry, resource, resource.labels, names)
            for where in (place, (place[0], "*")):
                self._services.setdefault(where, _Labels()).add(service)
        elif resource.group == "monitoring.coreos.com" and resource.kind in _OPERATED:
            labels = _operated_labels(resource)
            self._pods.setdefault(place, _Labels()).add(Labelled(entry, resource, labels, _OPERATED_PORTS))
        elif "." in resource.group and not resource.group.endswith(".k8s.io") and resource.group not in _NO_PODS:
            self._makers.setdefault(place, str(resource))

    def pods(self, cluster: str, namespace: str, selector: Any) -> list[Labelled]:
        """The Pods of a namespace that a label selector takes."""
        return self._pods.get((cluster, namespace), _NOTHING).find(selector)

    def services(self, cluster: str, namespace: str, selector: Any) -> list[Labelled]:
        """The Services of a namespace, or of all with ``*``."""
        return self._services.get((cluster, namespace), _NOTHING).find(selector)

    def maker(self, cluster: str, namespace: str) -> str:
        """What may make Pods or Services in the namespace that nobody sees here; empty where nothing does.

        A custom object that an operator works on, an Application that is not rendered, or the cluster itself.
        """
        place = (cluster, namespace)
        if place in self._makers:
            return self._makers[place]
        if place in self._dark:
            return f"Application {self._dark[place]}, which is not rendered,"
        return "the cluster itself" if namespace == _SYSTEM else ""


class _Labels:
    def __init__(self) -> None:
        self._all: list[Labelled] = []
        self._pairs: dict[tuple[str, str], list[Labelled]] = {}

    def add(self, one: Labelled) -> None:
        self._all.append(one)
        for key, value in one.labels.items():
            self._pairs.setdefault((key, str(value)), []).append(one)

    def find(self, selector: Any) -> list[Labelled]:
        wanted = {key: value for key, value in obj(selector, "matchLabels").items() if key not in _GIVEN_LATER}
        candidates = self._all
        for key, value in wanted.items():
            having = self._pairs.get((key, str(value)), [])
            if len(having) < len(candidates):
                candidates = having  # the rarest label leaves the fewest to look at
        rest = {**obj({"": selector}, ""), "matchLabels": wanted}
        return [one for one in candidates if matches(rest, one.labels)]


_NOTHING = _Labels()


def _ports(spec: Object) -> tuple[frozenset[str], frozenset[int]]:
    names: set[str] = set()
    numbers: set[int] = set()
    for group in ("containers", "initContainers"):
        for _, container in items(spec, group):
            for _, port in items(container, "ports"):
                names.add(text(port, "name"))
                numbers.add(number(port, "containerPort") or 0)
    return frozenset(names - {""}), frozenset(numbers - {0})


def _operated_labels(resource: Resource) -> Mapping[str, Any]:
    """The labels that prometheus-operator gives (pkg/prometheus, pkg/alertmanager: their StatefulSets)."""
    name, kind = resource.name, _OPERATED[resource.kind]
    own = {"operator.prometheus.io/name": name, "operator.prometheus.io/shard": "0"} if kind == "prometheus" else {}
    return {
        kind: name,
        "app.kubernetes.io/name": kind,
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/managed-by": "prometheus-operator",
        **own,
        **obj(resource.data, "spec", "podMetadata", "labels"),
    }


def selection(platform: Platform) -> Selection:
    """The labels of a platform."""
    return memo(platform, "selection", Selection)
