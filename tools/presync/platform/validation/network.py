"""Services, Ingresses and NetworkPolicies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import (
    Object,
    duplicate,
    forbidden,
    has,
    invalid,
    items,
    number,
    obj,
    required,
    text,
    texts,
)
from presync.platform.validation.containers import port
from presync.platform.validation.metadata import labels, selector
from presync.platform.violation import Category, Path, Violation

_NODE_PORTS = (30000, 32767)  # --service-node-port-range is rarely changed
_LONGEST_CONTROLLER = 250
_CLASS_ANNOTATION = "kubernetes.io/ingress.class"


def service(data: Object, minor: int) -> Iterator[Violation]:
    """A Service."""
    spec = obj(data, "spec")
    path: Path = ("spec",)
    kind = text(spec, "type") or "ClusterIP"
    headless = text(spec, "clusterIP") == "None"
    ports = list(items(spec, "ports"))
    if not ports and not headless and kind != "ExternalName":
        yield required((*path, "ports"))
    if kind in ("LoadBalancer", "NodePort") and headless:
        yield invalid(Category.CONFLICT, (*path, "clusterIP"), "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        host = text(spec, "externalName").removesuffix(".")
        if not host:
            yield required((*path, "externalName"))
        elif names.dns_subdomain(host):
            yield invalid(Category.NAME, (*path, "externalName"), host, names.dns_subdomain(host))
    yield from labels(spec.get("selector"), (*path, "selector"))
    yield from _service_ports(spec, path, kind)
    reachable = kind in ("LoadBalancer", "NodePort") or bool(texts(spec, "externalIPs"))
    if text(spec, "externalTrafficPolicy") and not reachable:
        why = "may only be set for externally-accessible services"
        yield invalid(Category.CONFLICT, (*path, "externalTrafficPolicy"), spec["externalTrafficPolicy"], why)
    for field in ("loadBalancerSourceRanges", "allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if kind != "LoadBalancer" and has(spec, field) and spec[field] not in ([], ""):
            yield forbidden((*path, field), "may only be used when `type` is 'LoadBalancer'")
    address = text(spec, "clusterIP")
    if address not in ("", "None") and not _is_address(address):
        yield invalid(Category.FORMAT, (*path, "clusterIP"), address, "must be a valid IP address")


def _service_ports(spec: Object, path: Path, kind: str) -> Iterator[Violation]:
    listed = list(items(spec, "ports"))
    seen_names: set[str] = set()
    seen_ports: set[tuple[int | None, str]] = set()
    seen_nodes: set[tuple[int, str]] = set()
    for index, one in listed:
        here = (*path, "ports", index)
        name, protocol = text(one, "name"), text(one, "protocol") or "TCP"
        if not name:
            if len(listed) > 1:
                yield required((*here, "name"))
        elif names.dns_label(name):
            yield invalid(Category.NAME, (*here, "name"), name, names.dns_label(name))
        elif name in seen_names:
            yield duplicate((*here, "name"), name)
        seen_names.add(name)
        if has(one, "targetPort") and one["targetPort"] not in (0, ""):
            yield from port(one["targetPort"], (*here, "targetPort"))
        application = one.get("appProtocol")
        if isinstance(application, str) and names.qualified(application):
            yield invalid(Category.FORMAT, (*here, "appProtocol"), application, names.qualified(application))
        key = (number(one, "port"), protocol)
        if key in seen_ports:
            yield duplicate(here, f"{key[0]}/{protocol}")
        seen_ports.add(key)
        node = number(one, "nodePort")
        if node:
            if kind == "ClusterIP":
                yield forbidden((*here, "nodePort"), "may not be used when `type` is 'ClusterIP'")
            elif not _NODE_PORTS[0] <= node <= _NODE_PORTS[1]:
                low, high = _NODE_PORTS
                why = f"provided port is not in the valid range. The range of valid ports is {low}-{high}"
                yield invalid(Category.RANGE, (*here, "nodePort"), node, why)
            if (node, protocol) in seen_nodes:
                yield duplicate((*here, "nodePort"), node)
            seen_nodes.add((node, protocol))


def ingress(data: Object, minor: int) -> Iterator[Violation]:
    """An Ingress."""
    spec = obj(data, "spec")
    path: Path = ("spec",)
    if not spec.get("rules") and not has(spec, "defaultBackend"):
        yield invalid(Category.REQUIRED, path, [], "either `defaultBackend` or `rules` must be specified")
    if has(spec, "defaultBackend"):
        yield from _backend(obj(spec, "defaultBackend"), (*path, "defaultBackend"), minor)
    for index, rule in items(spec, "rules"):
        here = (*path, "rules", index)
        yield from _host(text(rule, "host"), (*here, "host"), refuse_ip=True)
        if has(rule, "http") and not obj(rule, "http").get("paths"):
            yield required((*here, "http", "paths"))
        for at, one in items(obj(rule, "http"), "paths"):
            yield from _ingress_path(one, (*here, "http", "paths", at), minor)
    for index, tls in items(spec, "tls"):
        for at, host in enumerate(texts(tls, "hosts")):
            here = (*path, "tls", index, "hosts", at)
            if host:
                yield from _host(host, here, refuse_ip=False)
            else:
                yield invalid(Category.NAME, here, host, names.dns_subdomain(host))
        secret = text(tls, "secretName")
        if secret and names.dns_subdomain(secret):
            yield invalid(Category.NAME, (*path, "tls", index, "secretName"), secret, names.dns_subdomain(secret))
    name = text(spec, "ingressClassName")
    if name and names.dns_subdomain(name):
        yield invalid(Category.NAME, (*path, "ingressClassName"), name, names.dns_subdomain(name))
    annotation = text(obj(data, "metadata", "annotations"), _CLASS_ANNOTATION)
    if annotation and name and annotation != name:
        here = ("metadata", "annotations", _CLASS_ANNOTATION)
        why = "must match `ingressClassName` when both are specified"
        yield invalid(Category.CONFLICT, here, annotation, why)


def ingress_class(data: Object, minor: int) -> Iterator[Violation]:
    """An IngressClass."""
    controller = text(obj(data, "spec"), "controller")
    if len(controller) > _LONGEST_CONTROLLER:
        message = f"Too long: may not be more than {_LONGEST_CONTROLLER} bytes"
        yield Violation(Category.NAME, ("spec", "controller"), message)
    elif controller and names.domain_path(controller):
        yield invalid(Category.NAME, ("spec", "controller"), controller, names.domain_path(controller))


def _host(host: str, path: Path, refuse_ip: bool) -> Iterator[Violation]:
    if not host:
        return
    if refuse_ip and _is_address(host):
        yield invalid(Category.NAME, path, host, "must be a DNS name, not an IP address")
    wrong = names.wildcard_subdomain(host) if "*" in host else names.dns_subdomain(host)
    if wrong:
        yield invalid(Category.NAME, path, host, wrong)


def _ingress_path(one: Object, path: Path, minor: int) -> Iterator[Violation]:
    kind, value = text(one, "pathType"), text(one, "path")
    if (kind in ("Exact", "Prefix") or value) and not value.startswith("/"):
        yield invalid(Category.FORMAT, (*path, "path"), value, "must be an absolute path")
    elif kind in ("Exact", "Prefix"):
        for part in ("//", "/./", "/../", "%2f", "%2F"):
            if part in value:
                yield invalid(Category.FORMAT, (*path, "path"), value, f"must not contain '{part}'")
    yield from _backend(obj(one, "backend"), (*path, "backend"), minor)


def _backend(backend: Object, path: Path, minor: int) -> Iterator[Violation]:
    if has(backend, "service") and has(backend, "resource"):
        yield invalid(Category.CONFLICT, path, "", "cannot set both resource and service backends")
        return
    if not has(backend, "service"):
        if not has(backend, "resource"):
            yield invalid(Category.REQUIRED, path, "", "resource or service backend is required")
        return
    name = text(obj(backend, "service"), "name")
    wrong = names.of_kind("", "Service", minor)(name) if name else ""
    if not name:
        yield required((*path, "service", "name"))
    elif wrong:
        yield invalid(Category.NAME, (*path, "service", "name"), name, wrong)
    target = obj(backend, "service", "port")
    if target.get("name") and target.get("number"):
        yield invalid(Category.CONFLICT, path, "", "cannot set both port name & port number")
    elif target.get("name"):
        yield from port(target["name"], (*path, "service", "port", "name"))
    elif not target.get("number"):
        yield required((*path, "service", "port"), "port name or number is required")


def network_policy(data: Object, minor: int) -> Iterator[Violation]:
    """A NetworkPolicy."""
    spec = obj(data, "spec")
    yield from selector(spec.get("podSelector"), ("spec", "podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in items(spec, direction):
            here: Path = ("spec", direction, index)
            for at, one in items(rule, "ports"):
                yield from _policy_port(one, (*here, "ports", at))
            for at, peer in items(rule, peers):
                yield from _peer(peer, (*here, peers, at))


def _policy_port(one: Object, path: Path) -> Iterator[Violation]:
    value, end = one.get("port"), number(one, "endPort")
    if value is not None:
        yield from port(value, (*path, "port"))
    if end is None:
        return
    if value is None:
        yield invalid(Category.CONFLICT, (*path, "endPort"), end, "may not be specified when `port` is not specified")
    elif isinstance(value, str):
        yield invalid(Category.CONFLICT, (*path, "endPort"), end, "may not be specified when `port` is non-numeric")
    elif isinstance(value, int) and end < value:
        yield invalid(Category.RANGE, (*path, "endPort"), end, "must be greater than or equal to `port`")


def _peer(peer: Object, path: Path) -> Iterator[Violation]:
    chosen = [key for key in ("podSelector", "namespaceSelector", "ipBlock") if has(peer, key)]
    if not chosen:
        yield required(path, "must specify a peer")
    if "ipBlock" in chosen and len(chosen) > 1:
        yield forbidden(path, "may not specify both ipBlock and another peer")
    for key in ("podSelector", "namespaceSelector"):
        yield from selector(peer.get(key), (*path, key))
    if "ipBlock" not in chosen:
        return
    block = obj(peer, "ipBlock")
    whole = _network(text(block, "cidr"))
    if whole is None:
        here = (*path, "ipBlock", "cidr")
        yield invalid(Category.FORMAT, here, block.get("cidr"), "must be a valid CIDR value, (e.g. 10.9.8.0/24)")
    for at, value in enumerate(texts(block, "except")):
        part = _network(value)
        here = (*path, "ipBlock", "except", at)
        if part is None:
            yield invalid(Category.FORMAT, here, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24)")
        elif whole is not None and (
            part.version != whole.version or part == whole or not part.subnet_of(whole)  # type: ignore[arg-type]
        ):
            yield invalid(Category.RANGE, here, value, "must be a strict subset of `cidr`")


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(value, strict=False) if "/" in value else None
    except ValueError:
        return None


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
