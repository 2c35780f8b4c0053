"""What the rules about Services named in texts have in common: the Service, its Pods, and the port they open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.network import Peer
from presync.platform.references import Reference, selection
from presync.platform.references.edges import Edge, edges
from presync.platform.selectors import matches_labels
from presync.platform.validation.access import Object, items, obj, text
from presync.platform.workloads import pod_specs
from presync.render.model import Resource


@dataclass(frozen=True, slots=True)
class Target:
    """A Pod behind a Service."""

    resource: Resource
    peer: Peer
    numbers: frozenset[int]  # every port its containers declare


@dataclass(frozen=True, slots=True)
class Named:
    """An edge that leads to a Service of the tree."""

    edge: Edge
    entry: Entry
    service: Resource

    @property
    def spec(self) -> Object:
        return obj(self.service.data, "spec")

    @property
    def headless(self) -> bool:
        """Its name stands for the Pods themselves: their ports count, not the Service's."""
        return self.edge.pod or text(self.spec, "clusterIP") == "None"

    @property
    def ports(self) -> list[Object]:
        """The Service's ports."""
        return [port for _, port in items(self.spec, "ports")]

    @property
    def foreign(self) -> bool:
        """Whether the Service belongs to another environment."""
        one, two = self.edge.entry.environment, self.entry.environment
        return bool(one) and bool(two) and one != two


def reference(edge: Edge) -> Reference:
    """The edge as a reference to a Service."""
    return Reference(edge.entry, edge.resource, edge.path, "Service", edge.namespace, edge.service)


def named(platform: Platform) -> tuple[Named, ...]:
    """The edges whose Service is rendered and has Pods of its own."""
    return memo(platform, "named-services", lambda one: tuple(_named(one)))


def _named(platform: Platform) -> Iterator[Named]:
    known = index(platform)
    for edge in edges(platform):
        services = known.named(edge.cluster, edge.namespace, "Service", edge.service)
        if len(services) == 1 and text(obj(services[0][1].data, "spec"), "type") != "ExternalName":
            yield Named(edge, *services[0])


def targets(platform: Platform, cluster: str, service: Resource) -> tuple[Target, ...]:
    """The Pods that a Service selects, with what they open."""
    cache = memo(platform, "named-targets", _no_targets)
    if id(service) not in cache:
        cache[id(service)] = tuple(_targets(platform, cluster, service))
    return cache[id(service)]


def _no_targets(_: Platform) -> dict[int, tuple[Target, ...]]:
    return {}


def _targets(platform: Platform, cluster: str, service: Resource) -> Iterator[Target]:
    selector = obj(service.data, "spec", "selector")
    if not selector:
        return
    for found in selection(platform).pods(cluster, service.namespace, {"matchLabels": selector}):
        for pod in pod_specs(found.resource.data, found.resource.kind):
            if matches_labels(selector, pod.labels):
                yield target(found.resource, pod.spec, pod.labels)


def target(resource: Resource, spec: Object, labels: Mapping[str, Any]) -> Target:
    """A Pod as Services and policies see it."""
    names: dict[str, int] = {}
    numbers: set[int] = set()
    for group in ("containers", "initContainers"):
        for _, container in items(spec, group):
            for _, port in items(container, "ports"):
                number = port.get("containerPort")
                if isinstance(number, int):
                    numbers.add(number)
                    names.setdefault(text(port, "name"), number)
    names.pop("", None)
    peer = Peer(resource.namespace, labels, names, spec.get("hostNetwork") is True)
    return Target(resource, peer, frozenset(numbers))


def pod_port(one: Target, port: Object) -> int | None:
    """The port of the Pod behind a port of its Service; None where its name is not known."""
    wanted = port.get("targetPort", port.get("port"))
    if isinstance(wanted, str):
        return int(wanted) if wanted.isdigit() else one.peer.ports.get(wanted)
    return wanted if isinstance(wanted, int) else None


def place(edge: Edge) -> str:
    """``host:port`` as people write it; the port is left out where the text has none."""
    return edge.host.text + (f":{edge.host.port}" if edge.host.port and not edge.host.implied else "")
