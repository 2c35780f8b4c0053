"""Where monitoring of one environment reaches into another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from presync.observability.selecting import GROUP, selecting
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import Object, items, obj, text, texts
from presync.platform.workloads import GROUPS, pod_specs
from presync.render.model import Resource


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that reaches into another environment."""

    entry: Entry
    resource: Resource
    path: tuple[str | int, ...]
    environment: str  # the other one
    message: str


def foreign(mine: Entry, other: Entry) -> bool:
    """Whether two Applications are of different environments in one cluster."""
    one, two = mine.environment, other.environment
    same = mine.application.destination.cluster == other.application.destination.cluster
    return same and bool(one) and bool(two) and one != two


def apart(platform: Platform) -> set[tuple[str, str]]:
    """Cluster and environment of every Prometheus. Where only one has any, it is there for all."""
    return {
        (entry.application.destination.cluster, entry.environment)
        for kind in ("Prometheus", "PrometheusAgent")
        for entry, _ in index(platform).of_kind(GROUP, kind)
        if entry.environment
    }


def leaks(platform: Platform) -> Iterator[Leak]:
    """Those that selectors, arguments and addresses show."""
    yield from _selected(platform)
    yield from _told(platform)
    yield from _state_metrics(platform)
    yield from _cadvisor(platform)


def _selected(platform: Platform) -> Iterator[Leak]:
    for one in selecting(platform):
        for entry, resource in index(platform).of_kind(GROUP, one.kind):
            if foreign(one.entry, entry) and one.takes(platform, entry, resource):
                path = ("spec", one.fields[0])
                yield Leak(one.entry, one.resource, path, entry.environment, f"{one.fields[0]} takes {resource}")


def _told(platform: Platform) -> Iterator[Leak]:
    """Alertmanagers that a Prometheus sends to."""
    spaces = _namespaces(platform)
    for entry, resource in index(platform).of_kind(GROUP, "Prometheus"):
        for at, one in items(obj(resource.data, "spec", "alerting"), "alertmanagers"):
            space = text(one, "namespace") or resource.namespace
            for other, environment in spaces.get(space, ()):
                if foreign(entry, other):
                    path = ("spec", "alerting", "alertmanagers", at, "namespace")
                    yield Leak(entry, resource, path, environment, f"it sends alerts to the Alertmanager in {space}")


def _state_metrics(platform: Platform) -> Iterator[Leak]:
    """kube-state-metrics without --namespaces looks at all of them."""
    spaces = _namespaces(platform)
    for entry in platform.entries:
        for resource in entry.rendered.resources:
            if resource.group not in GROUPS or not entry.environment:
                continue
            for pod in pod_specs(resource.data, resource.kind):
                for at, container in items(pod.spec, "containers"):
                    if "kube-state-metrics" in text(container, "image"):
                        path = (*pod.path, "containers", at, "args")
                        yield from _looked_at(entry, resource, path, container, spaces)


def _looked_at(
    entry: Entry,
    resource: Resource,
    path: tuple[str | int, ...],
    container: Object,
    spaces: dict[str, list[tuple[Entry, str]]],
) -> Iterator[Leak]:
    words = " ".join([*texts(container, "command"), *texts(container, "args")])
    chosen = set(filter(None, ",".join(re.findall(r"--namespaces[= ](\S+)", words)).split(",")))
    denied = set(filter(None, ",".join(re.findall(r"--namespaces-denylist[= ](\S+)", words)).split(",")))
    for space, owners in spaces.items():
        for other, environment in owners:
            if foreign(entry, other) and space not in denied and (not chosen or space in chosen):
                yield Leak(entry, resource, path, environment, f"kube-state-metrics reports the namespace {space}")


def _cadvisor(platform: Platform) -> Iterator[Leak]:
    """Series of all containers of a node come with one scrape; relabeling has to drop the others."""
    spaces = _namespaces(platform)
    for entry, resource, path, scrape in _scrapes(platform):
        if "cadvisor" not in (text(scrape, "path") or text(scrape, "metricsPath")):
            continue
        for space, owners in spaces.items():
            for other, environment in owners:
                if foreign(entry, other) and _kept(scrape, space):
                    message = f"it keeps container metrics of the namespace {space}"
                    yield Leak(entry, resource, (*path, "metricRelabelings"), environment, message)


def _scrapes(platform: Platform) -> Iterator[tuple[Entry, Resource, tuple[str | int, ...], Object]]:
    for entry, resource in index(platform).of_kind(GROUP, "ServiceMonitor"):
        for at, endpoint in items(obj(resource.data, "spec"), "endpoints"):
            yield entry, resource, ("spec", "endpoints", at), endpoint
    for entry, resource in index(platform).of_kind(GROUP, "ScrapeConfig"):
        yield entry, resource, ("spec",), obj(resource.data, "spec")


def _kept(endpoint: Object, namespace: str) -> bool:
    """Whether a series of a namespace gets past the rules that look at the namespace alone."""
    for _, rule in items(endpoint, "metricRelabelings"):
        if texts(rule, "sourceLabels") != ["namespace"]:
            continue
        try:
            fits = re.fullmatch(text(rule, "regex") or "(.*)", namespace) is not None
        except re.error:
            continue
        action = str(rule.get("action", "replace")).lower()
        if (action == "keep" and not fits) or (action == "drop" and fits):
            return False
    return True


def _namespaces(platform: Platform) -> dict[str, list[tuple[Entry, str]]]:
    """Namespaces with the environments whose Applications go there."""
    found: dict[str, list[tuple[Entry, str]]] = {}
    for entry in platform.entries:
        space = entry.application.destination.namespace
        owners = found.setdefault(space, []) if space and entry.environment else []
        if all(environment != entry.environment for _, environment in owners):
            owners.append((entry, entry.environment))
    return found
