"""Who is scraped: which exporters' tables hold in an environment, and which programs nobody has a table of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from presync.observability import tables
from presync.observability.tables import Table
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.references import selection
from presync.platform.references.selection import Labelled
from presync.platform.validation.access import Object, items, obj, text, texts
from presync.platform.workloads import GROUPS, pod_specs
from presync.render.model import Resource

GROUP = "monitoring.coreos.com"
_OPERATED = {"Prometheus": "prometheus", "PrometheusAgent": "prometheus", "Alertmanager": "alertmanager"}
_NOT_SANE = re.compile(r"[^a-zA-Z0-9_]")
# Labels that prometheus-operator's relabeling and the usual external labels give to every series.
TARGET_LABELS = frozenset(
    (
        *("job", "instance", "namespace", "pod", "container", "endpoint", "service", "node", "metrics_path"),
        *("prometheus", "prometheus_replica", "cluster", "environment", "replica"),
    )
)


@dataclass(frozen=True, slots=True)
class Scraped:
    """What an environment's Prometheus may find."""

    active: tuple[Table, ...]
    unknown: tuple[str, ...]  # what may have names that no table holds
    labels: frozenset[str] | None  # labels that targets bring along; None where that cannot be told
    monitored: bool  # somebody in the tree says what is to be scraped
    newer: Mapping[str, str] = field(default_factory=dict)  # exporters that run in a later version than their table's


def scraped(platform: Platform, environment: str) -> Scraped:
    """What is scraped in an environment, with what belongs to no environment; computed once."""
    return memo(platform, f"scraped {environment}", lambda one: _Reader(one, environment).read())


def in_scope(entry: Entry, environment: str) -> bool:
    """Whether an Application's objects are there for an environment: its own, or nobody's; for nobody's, all."""
    return not environment or entry.environment in (environment, "")


class _Reader:
    def __init__(self, platform: Platform, environment: str) -> None:
        self.platform, self.environment = platform, environment
        self.active: dict[str, Table] = {table.exporter: table for table in tables.tables() if table.always}
        self.unknown: dict[str, None] = {}
        self.newer: dict[str, str] = {}

    def read(self) -> Scraped:
        for entry in self.platform.entries:
            if in_scope(entry, self.environment):
                self._application(entry)
        monitored = False
        for kind in ("ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig"):
            for entry, resource in index(self.platform).of_kind(GROUP, kind):
                if in_scope(entry, self.environment):
                    monitored = True
                    self._monitor(entry, resource)
        return Scraped(tuple(self.active.values()), tuple(self.unknown), self._labels(), monitored, self.newer)

    def _add(self, found: tuple[Table, ...]) -> bool:
        self.active.update((table.exporter, table) for table in found)
        return bool(found)

    def _application(self, entry: Entry) -> None:
        rendered = entry.rendered
        if rendered.external or rendered.unavailable or rendered.error:
            names = [entry.name, *(one.chart or one.path.rpartition("/")[2] for one in entry.application.sources)]
            found = [table for name in names if name for table in tables.of_name(name)]
            if not self._add(tuple(found)):
                self.unknown[f"Application {entry.name}"] = None
        for resource in rendered.resources:
            if resource.group == GROUP and resource.kind in _OPERATED:
                named = tables.of_image(_OPERATED[resource.kind])
                self._add(named)
                spec = obj(resource.data, "spec")
                self._compare(named, text(spec, "version") or tag(text(spec, "image")))
            if resource.group in GROUPS:
                for pod in pod_specs(resource.data, resource.kind):
                    if not self._pod(pod.spec) and _asks_for_scraping(resource.data):
                        self.unknown[f"{resource.kind} {resource.name}"] = None

    def _pod(self, spec: Object) -> bool:
        """Whether a program of the Pod has a table."""
        images = [text(one, "image") for group in ("containers", "initContainers") for _, one in items(spec, group)]
        found = tuple(table for image in images if image for table in tables.of_image(image))
        for image in filter(None, images):
            self._compare(tables.of_image(image), tag(image))
        return self._add(found)

    def _compare(self, found: tuple[Table, ...], version: str) -> None:
        for table in found:
            if _minor(version) > _minor(table.version) > ():
                self.newer[table.exporter] = version

    def _monitor(self, entry: Entry, resource: Resource) -> None:
        spec = obj(resource.data, "spec")
        if resource.kind in ("Probe", "ScrapeConfig"):
            words = ["blackbox-exporter"] if resource.kind == "Probe" else [resource.name, text(spec, "jobName")]
            self._named(resource, words)
            return
        targets = list(self._targets(entry, resource, spec))
        if not targets:
            self._named(resource, [resource.name, *map(str, obj(spec, "selector", "matchLabels").values())])
        for target in targets:
            images = [
                text(one, "image")
                for pod in pod_specs(target.resource.data, target.resource.kind)
                for _, one in items(pod.spec, "containers")
            ]
            operated = target.resource.group == GROUP
            if not operated and not any(tables.of_image(image) for image in images):
                self.unknown[f"{target.resource.kind} {target.resource.name}"] = None

    def _named(self, resource: Resource, words: list[str]) -> None:
        """What is scraped is not seen: its name has to tell what it is."""
        if not self._add(tuple(table for word in words if word for table in tables.of_name(word))):
            self.unknown[f"{resource.kind} {resource.name}"] = None

    def _targets(self, entry: Entry, resource: Resource, spec: Object) -> Iterator[Labelled]:
        found, cluster = selection(self.platform), entry.application.destination.cluster
        chosen = obj(spec, "namespaceSelector")
        spaces = texts(chosen, "matchNames") or [resource.namespace]
        if resource.kind == "PodMonitor":
            for space in spaces:
                yield from found.pods(cluster, space, obj(spec, "selector"))
            return
        for space in ["*"] if chosen.get("any") is True else spaces:
            for service in found.services(cluster, space, obj(spec, "selector")):
                wanted = obj(service.resource.data, "spec", "selector")
                if wanted:
                    yield from found.pods(cluster, service.resource.namespace, {"matchLabels": dict(wanted)})

    def _labels(self) -> frozenset[str] | None:
        """Labels from relabeling and from the objects scraped, besides those every target has."""
        labels = set(TARGET_LABELS)
        for kind in ("Prometheus", "PrometheusAgent"):
            for entry, resource in index(self.platform).of_kind(GROUP, kind):
                if in_scope(entry, self.environment):
                    spec = obj(resource.data, "spec")
                    if spec.get("additionalScrapeConfigs"):
                        return None
                    labels |= {
                        text(rule, "targetLabel")
                        for _, one in items(spec, "scrapeClasses")
                        for field in ("relabelings", "metricRelabelings")
                        for _, rule in items(one, field)
                    }
                    labels |= set(obj(spec, "externalLabels"))
        for kind in ("ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig"):
            for entry, resource in index(self.platform).of_kind(GROUP, kind):
                if in_scope(entry, self.environment):
                    spec = obj(resource.data, "spec")
                    for one in (
                        spec,
                        *(end for field in ("endpoints", "podMetricsEndpoints") for _, end in items(spec, field)),
                    ):
                        for field in ("relabelings", "metricRelabelings", "relabelConfigs", "metricRelabelConfigs"):
                            for _, rule in items(one, field):
                                if str(rule.get("action", "")).lower() == "labelmap":
                                    return None
                                labels.add(text(rule, "targetLabel"))
                    given = [*texts(spec, "targetLabels"), *texts(spec, "podTargetLabels")]
                    labels |= {_NOT_SANE.sub("_", one) for one in given}
                    labels |= set(obj(spec, "targets", "staticConfig", "labels"))
        return frozenset(labels - {""})


def tag(image: str) -> str:
    """The tag of an image, without a digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def _minor(version: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else ()


def _asks_for_scraping(data: Object) -> bool:
    """By the annotation that many scrape configurations go by."""
    annotations = obj(data, "spec", "template", "metadata", "annotations")
    return str(annotations.get("prometheus.io/scrape")).lower() == "true"
