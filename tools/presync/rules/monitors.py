"""ServiceMonitors and PodMonitors with what they select."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.references import Selection, selection
from presync.platform.references.selection import Labelled
from presync.platform.selectors import matches
from presync.platform.validation.access import Object, items, obj, text, texts
from presync.platform.violation import Path
from presync.render.model import Resource
from presync.rules.references import stranger

_GROUP = "monitoring.coreos.com"
_API_SERVER = {"component": "apiserver", "provider": "kubernetes"}
_ENDPOINTS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor, its targets, and the port names it wants."""

    entry: Entry
    resource: Resource
    what: str  # Service or Pod
    targets: tuple[Labelled, ...]
    ports: tuple[tuple[Path, str], ...]
    maker: str  # something that may make targets nobody sees here
    odd: str = ""  # the key of a label of its selector that nothing there has


def monitors(platform: Platform) -> tuple[Monitor, ...]:
    """All of a platform, computed once."""
    return memo(platform, "monitors", lambda one: tuple(_monitors(one)))


def _monitors(platform: Platform) -> Iterator[Monitor]:
    found = selection(platform)
    for kind, field in _ENDPOINTS.items():
        for entry, resource in index(platform).of_kind(_GROUP, kind):
            spec = obj(resource.data, "spec")
            namespaces = _namespaces(spec, resource)
            cluster = entry.application.destination.cluster
            targets = [
                one
                for namespace in namespaces
                for one in _targets(found, kind, cluster, namespace, obj(spec, "selector"))
            ]
            if not targets and "default" in namespaces and matches(obj(spec, "selector"), _API_SERVER):
                continue  # the Service kubernetes, which every cluster has
            ports = tuple(
                (("spec", field, at, "port"), text(endpoint, "port"))
                for at, endpoint in items(spec, field)
                if text(endpoint, "port")
            )
            maker = next((one for space in namespaces if (one := found.maker(cluster, space))), "")
            what = "Service" if kind == "ServiceMonitor" else "Pod"
            odd = ""
            if not targets:
                find = partial(_targets, found, kind, cluster, namespaces[0])
                odd = stranger(find, obj(spec, "selector", "matchLabels"))
            yield Monitor(entry, resource, what, tuple(targets), ports, maker, odd)


def _namespaces(spec: Object, resource: Resource) -> list[str]:
    chosen = obj(spec, "namespaceSelector")
    if chosen.get("any") is True:
        return ["*"]
    return texts(chosen, "matchNames") or [resource.namespace]


def _targets(found: Selection, kind: str, cluster: str, namespace: str, selector: Object) -> list[Labelled]:
    if kind == "ServiceMonitor":
        return found.services(cluster, namespace, selector)
    return found.pods(cluster, namespace, selector)
