"""Who talks to whom: every text that names a Service, and the Pods that use the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.argocd.sync import is_applied
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.references.hosts import Host, hosts
from presync.platform.references.pods import Consumer, of_pod_spec
from presync.platform.templates import pod_templates
from presync.platform.validation.access import items, obj, text
from presync.platform.violation import Path
from presync.platform.workloads import GROUPS, PodSpec, pod_specs
from presync.render.model import Resource

_CONTAINERS = ("containers", "initContainers")
# Kinds whose texts describe, or name what need not be there: names in certificates, schemas, settings of Argo CD.
_SILENT = frozenset(
    {
        "AppProject",
        "Application",
        "ApplicationSet",
        "Certificate",
        "ConfigMap",
        "CustomResourceDefinition",
        "MutatingWebhookConfiguration",
        "NetworkPolicy",
        "PrometheusRule",
        "SealedSecret",
        "Secret",
        "ValidatingWebhookConfiguration",
    }
)
_PROSE = (".md", ".txt", ".rst", ".html")
_VALUE = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[^\s{}]+")
# The name of a variable or flag that holds an address.
_ADDRESS = re.compile(
    r"(?:HOST|ADDR|ADDRESS|ADDRESSES|URL|URI|DSN|ENDPOINT|SERVER|SERVERS|BROKERS|UPSTREAM|NODES)s?$", re.I
)


@dataclass(frozen=True, slots=True)
class User:
    """A Pod, and where it is made."""

    entry: Entry
    resource: Resource
    pod: PodSpec


@dataclass(frozen=True, slots=True)
class Edge:
    """A Service that is named in a text."""

    entry: Entry
    resource: Resource
    path: Path
    host: Host
    namespace: str
    service: str
    pod: bool = False  # one of its Pods is meant, not the Service itself
    sure: bool = False  # it can be nothing but the name of a Service
    users: tuple[User, ...] = ()
    shared: bool = False  # the text is in a ConfigMap, of which a Pod may use other parts only

    @property
    def cluster(self) -> str:
        return self.entry.application.destination.cluster


def edges(platform: Platform) -> tuple[Edge, ...]:
    """All of a platform, computed once."""
    return memo(platform, "edges", lambda one: tuple(_Edges(one).all()))


class _Edges:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._index = index(platform)
        self._spaces = namespaces(platform)
        self._users = _users(platform)

    def all(self) -> Iterator[Edge]:
        for entry, resource in self._platform.resources():
            if not is_applied(resource.annotations):
                continue
            if resource.group in GROUPS:
                for pod in pod_specs(resource.data, resource.kind):
                    yield from self._of_pod(User(entry, resource, pod))
            if (resource.group, resource.kind) == ("", "ConfigMap"):
                yield from self._of_config(entry, resource)
            elif resource.group not in ("", "apps", "batch") and resource.kind not in _SILENT:
                for path, value in _strings(resource.data, ()):
                    if ".svc" in value and _VALUE.fullmatch(value):
                        yield from self._named(entry, resource, path, hosts(value), full=True)

    def _of_pod(self, user: User) -> Iterator[Edge]:
        for path, name, value in pod_texts(user.pod):
            address = bool(_ADDRESS.search(name))
            for edge in self._named(user.entry, user.resource, path, hosts(value), address=address):
                yield _with(edge, (user,))

    def _of_config(self, entry: Entry, resource: Resource) -> Iterator[Edge]:
        taken = {one.key for one in pod_templates(resource.data, resource.kind)}
        place = (entry.application.destination.cluster, resource.namespace, resource.name)
        for key, value in obj(resource.data, "data").items():
            if not isinstance(value, str) or key in taken or key.endswith(_PROSE):
                continue
            users = tuple(
                {
                    id(user.pod.spec): user for user, keys in self._users.get(place, ()) if not keys or key in keys
                }.values()
            )
            several = "\n" in value.strip() or value.lstrip().startswith("#")
            found = hosts(value, lines=several)
            address = not several and bool(_ADDRESS.search(key))
            for edge in self._named(entry, resource, ("data", key), found, address=address):
                yield _with(edge, users, shared=True)

    def _named(
        self,
        entry: Entry,
        resource: Resource,
        path: Path,
        found: Iterator[Host],
        *,
        full: bool = False,
        address: bool = False,
    ) -> Iterator[Edge]:
        seen = set()
        for host in found:
            if full and not host.full:
                continue
            edge = self._edge(entry, resource, path, host, address)
            if edge is not None and (edge.namespace, edge.service, edge.host.port) not in seen:
                seen.add((edge.namespace, edge.service, edge.host.port))
                yield edge

    def _edge(self, entry: Entry, resource: Resource, path: Path, host: Host, address: bool) -> Edge | None:
        cluster, own = entry.application.destination.cluster, resource.namespace
        labels = host.labels
        if host.full:
            if len(labels) < 2:
                return None
            pod = len(labels) > 2 or host.below
            return Edge(entry, resource, path, host, labels[-1], labels[-2], pod, sure=len(labels) < 4)
        if len(labels) == 2:
            if self._exists(cluster, own, labels[1]) and not self._exists(cluster, labels[1], labels[0]):
                return Edge(entry, resource, path, host, own, labels[1], True)
            if labels[1] not in self._spaces.get(cluster, ()):
                return None
            # No top-level domain has a hyphen or a digit, but many a namespace is called like one.
            sure = re.search(r"[-0-9]", labels[1]) is not None
            if sure or self._exists(cluster, labels[1], labels[0]):
                return Edge(entry, resource, path, host, labels[1], labels[0], sure=sure)
            return None
        sure = host.whole and bool(own) and host.port is not None and (address or not host.bare)
        if sure or self._exists(cluster, own, labels[0]):
            return Edge(entry, resource, path, host, own, labels[0], sure=sure)
        return None

    def _exists(self, cluster: str, namespace: str, name: str) -> bool:
        return bool(self._index.named(cluster, namespace, "Service", name))


def pod_texts(pod: PodSpec) -> Iterator[tuple[Path, str, str]]:
    """Path, name and text of every variable, argument and part of a command; arguments have the name of their flag."""
    for group in _CONTAINERS:
        for at, container in items(pod.spec, group):
            here: Path = (*pod.path, group, at)
            for number, variable in items(container, "env"):
                value = variable.get("value")
                if isinstance(value, str) and value:
                    yield (*here, "env", number, "value"), text(variable, "name"), value
            for field in ("command", "args"):
                listed = container.get(field)
                flag = ""
                for number, one in enumerate(listed if isinstance(listed, list) else ()):
                    if isinstance(one, str):
                        name, equals, value = one.partition("=")
                        if one.startswith("-") and equals and " " not in name:
                            yield (*here, field, number), name.lstrip("-"), value
                        else:
                            yield (*here, field, number), flag, one
                        flag = one.lstrip("-") if one.startswith("-") and not equals and " " not in one else ""


def namespaces(platform: Platform) -> Mapping[str, frozenset[str]]:
    """The namespaces of each cluster that something of the tree goes to."""
    found: dict[str, set[str]] = {}
    for entry in platform.entries:
        destination = entry.application.destination
        found.setdefault(destination.cluster, set()).add(destination.namespace)
        for resource in entry.rendered.resources:
            is_namespace = (resource.group, resource.kind) == ("", "Namespace")
            found[destination.cluster].add(resource.name if is_namespace else resource.namespace)
    return {cluster: frozenset(names - {""}) for cluster, names in found.items()}


def _users(platform: Platform) -> dict[tuple[str, str, str], list[tuple[User, frozenset[str]]]]:
    """ConfigMaps with the Pods that use them, and the keys they use; no keys: all."""
    found: dict[tuple[str, str, str], list[tuple[User, frozenset[str]]]] = {}
    for entry, resource in platform.resources():
        if resource.group in GROUPS and is_applied(resource.annotations):
            for pod in pod_specs(resource.data, resource.kind):
                user = User(entry, resource, pod)
                for reference in of_pod_spec(Consumer(entry, resource), pod.spec, pod.path):
                    if reference.kind == "ConfigMap":
                        place = (reference.cluster, reference.namespace, reference.name)
                        keys = frozenset(key for key, _ in reference.keys)
                        found.setdefault(place, []).append((user, keys))
    return found


def _with(edge: Edge, users: tuple[User, ...], shared: bool = False) -> Edge:
    return Edge(
        edge.entry,
        edge.resource,
        edge.path,
        edge.host,
        edge.namespace,
        edge.service,
        edge.pod,
        edge.sure,
        users,
        shared,
    )


def _strings(data: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _strings(value, (*path, key))
    elif isinstance(data, list):
        for at, value in enumerate(data):
            yield from _strings(value, (*path, at))
