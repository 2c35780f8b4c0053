"""What Prometheus and Alertmanager objects select, and the labels namespaces will have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.selectors import matches
from presync.platform.validation.access import obj
from presync.render.model import Resource

GROUP = "monitoring.coreos.com"
# Kind that selects -> kind that is selected -> the fields for objects and for namespaces.
SELECTORS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "Prometheus": {
        "ServiceMonitor": ("serviceMonitorSelector", "serviceMonitorNamespaceSelector"),
        "PodMonitor": ("podMonitorSelector", "podMonitorNamespaceSelector"),
        "Probe": ("probeSelector", "probeNamespaceSelector"),
        "ScrapeConfig": ("scrapeConfigSelector", "scrapeConfigNamespaceSelector"),
        "PrometheusRule": ("ruleSelector", "ruleNamespaceSelector"),
    },
    "PrometheusAgent": {
        "ServiceMonitor": ("serviceMonitorSelector", "serviceMonitorNamespaceSelector"),
        "PodMonitor": ("podMonitorSelector", "podMonitorNamespaceSelector"),
        "Probe": ("probeSelector", "probeNamespaceSelector"),
        "ScrapeConfig": ("scrapeConfigSelector", "scrapeConfigNamespaceSelector"),
    },
    "ThanosRuler": {"PrometheusRule": ("ruleSelector", "ruleNamespaceSelector")},
    "Alertmanager": {"AlertmanagerConfig": ("alertmanagerConfigSelector", "alertmanagerConfigNamespaceSelector")},
}


@dataclass(frozen=True, slots=True)
class Selecting:
    """One object that selects, and what of one kind."""

    entry: Entry
    resource: Resource
    kind: str
    fields: tuple[str, str]

    def takes(self, platform: Platform, other: Entry, resource: Resource) -> bool | None:
        """Whether it selects a resource; None when that hangs on labels of a namespace nobody sees here.

        As the operator does: no selector takes nothing, an empty one everything; without a selector for namespaces it
        looks into its own only.
        """
        if self.entry.application.destination.cluster != other.application.destination.cluster:
            return False
        spec = obj(self.resource.data, "spec")
        objects, namespaces = (spec.get(field) for field in self.fields)
        if not isinstance(objects, dict) or not matches(objects, resource.labels):
            return False
        if not isinstance(namespaces, dict):
            return resource.namespace == self.resource.namespace
        labels = namespace_labels(platform).get((other.application.destination.cluster, resource.namespace))
        if labels is None:
            own = {"kubernetes.io/metadata.name": resource.namespace}
            return True if not namespaces or matches(namespaces, own) else None
        return matches(namespaces, labels)


def selecting(platform: Platform) -> tuple[Selecting, ...]:
    """All of a platform, computed once."""
    return memo(platform, "selecting", lambda one: tuple(_selecting(one)))


def _selecting(platform: Platform) -> Iterator[Selecting]:
    for kind, selected in SELECTORS.items():
        for entry, resource in index(platform).of_kind(GROUP, kind):
            for other, fields in selected.items():
                yield Selecting(entry, resource, other, fields)


def namespace_labels(platform: Platform) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Labels of the namespaces that the tree makes, by cluster and name.

    A Namespace that is rendered has its own; those of ``managedNamespaceMetadata`` are put on the destination's
    namespace where the Application creates it (gitops-engine, syncNamespace).
    """
    return memo(platform, "namespace-labels", _namespace_labels)


def _namespace_labels(platform: Platform) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for entry, resource in index(platform).of_kind("", "Namespace"):
        place = (entry.application.destination.cluster, resource.name)
        found.setdefault(place, {}).update(resource.labels)
    for entry in platform.entries:
        application = entry.application
        if "CreateNamespace=true" in application.sync_options and application.destination.namespace:
            place = (application.destination.cluster, application.destination.namespace)
            labels = obj(application.raw, "spec", "syncPolicy", "managedNamespaceMetadata", "labels")
            found.setdefault(place, {}).update(labels)
    for (_, name), labels in found.items():
        labels["kubernetes.io/metadata.name"] = name
    return found
