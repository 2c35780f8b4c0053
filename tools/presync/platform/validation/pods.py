"""PodSpecs and their templates."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import (
    Object,
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
from presync.platform.validation.containers import containers
from presync.platform.validation.metadata import (
    labels,
    labels_and_annotations,
    node_terms,
    requirement,
    selector,
)
from presync.platform.validation.volumes import volumes
from presync.platform.violation import Category, Path, Violation

_NAMED = {
    "hostname": names.dns_label,
    "nodeName": names.dns_subdomain,
    "priorityClassName": names.dns_subdomain,
    "runtimeClassName": names.dns_subdomain,
    "serviceAccountName": names.dns_subdomain,
    "subdomain": names.dns_label,
}


def template(data: Object, path: Path, minor: int, more_volumes: tuple[str, ...] = ()) -> Iterator[Violation]:
    """A Pod template; ``more_volumes`` are the claims a StatefulSet makes for it."""
    yield from labels_and_annotations(obj(data, "metadata"), (*path, "metadata"))
    spec = obj(data, "spec")
    yield from pod_spec(spec, (*path, "spec"), minor, more_volumes)
    if spec.get("ephemeralContainers"):
        why = "ephemeral containers not allowed in pod template"
        yield forbidden((*path, "spec", "ephemeralContainers"), why)


def pod_spec(
    spec: Object, path: Path, minor: int, more_volumes: tuple[str, ...] = (), is_pod: bool = False
) -> Iterator[Violation]:
    """What ``ValidatePodSpec`` checks beyond the schema."""
    found, wrong = volumes(spec, path)
    yield from wrong
    found.update((name, {}) for name in more_volumes)
    broken = any(violation.path[-1] == "name" for violation in wrong)
    yield from containers(spec, path, minor, None if broken else found, is_pod)
    for field, check in _NAMED.items():
        name = text(spec, field)
        if name and check(name):
            yield invalid(Category.NAME, (*path, field), name, check(name))
    if "nodeSelector" in spec:
        yield from labels(spec["nodeSelector"], (*path, "nodeSelector"))
    if spec.get("tolerations"):
        yield from _tolerations(spec, path)
    if spec.get("affinity"):
        yield from _affinity(obj(spec, "affinity"), (*path, "affinity"))
    if spec.get("topologySpreadConstraints"):
        yield from _spread(spec, path)
    if text(spec, "dnsPolicy") == "None" and not texts(obj(spec, "dnsConfig"), "nameservers"):
        why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield required((*path, "dnsConfig", "nameservers"), why)
    if spec.get("hostPID") is True and spec.get("shareProcessNamespace") is True:
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(Category.CONFLICT, (*path, "shareProcessNamespace"), True, why)
    for index, alias in items(spec, "hostAliases"):
        here = (*path, "hostAliases", index)
        if not _is_ip(text(alias, "ip")):
            yield invalid(Category.FORMAT, (*here, "ip"), alias.get("ip"), "must be a valid IP address")
        for at, host in enumerate(texts(alias, "hostnames")):
            if names.dns_subdomain(host):
                yield invalid(Category.NAME, (*here, "hostnames", at), host, names.dns_subdomain(host))


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _tolerations(spec: Object, path: Path) -> Iterator[Violation]:
    for index, toleration in items(spec, "tolerations"):
        here = (*path, "tolerations", index)
        key, operator, value = (text(toleration, field) for field in ("key", "operator", "value"))
        if key and names.qualified(key):
            yield invalid(Category.LABEL, (*here, "key"), key, names.qualified(key))
        if not key and operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield invalid(Category.CONFLICT, (*here, "operator"), operator, why)
        if operator == "Exists" and value:
            why = "value must be empty when `operator` is 'Exists'"
            yield invalid(Category.CONFLICT, (*here, "operator"), value, why)
        if operator in ("", "Equal") and names.label_value(value):
            yield invalid(Category.LABEL, (*here, "value"), value, names.label_value(value))
        if number(toleration, "tolerationSeconds") is not None and text(toleration, "effect") != "NoExecute":
            why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield invalid(Category.CONFLICT, (*here, "effect"), text(toleration, "effect"), why)


def _affinity(affinity: Object, path: Path) -> Iterator[Violation]:
    node = obj(affinity, "nodeAffinity")
    needed = "requiredDuringSchedulingIgnoredDuringExecution"
    wished = "preferredDuringSchedulingIgnoredDuringExecution"
    yield from node_terms(node, (*path, "nodeAffinity"), needed)
    for index, preference in items(node, wished):
        here = (*path, "nodeAffinity", wished, index, "preference")
        for at, expression in items(obj(preference, "preference"), "matchExpressions"):
            yield from requirement(expression, (*here, "matchExpressions", at))
    for kind in ("podAffinity", "podAntiAffinity"):
        pods = obj(affinity, kind)
        for index, term in items(pods, needed):
            yield from _pod_term(term, (*path, kind, needed, index))
        for index, weighted in items(pods, wished):
            yield from _pod_term(obj(weighted, "podAffinityTerm"), (*path, kind, wished, index, "podAffinityTerm"))


def _pod_term(term: Object, path: Path) -> Iterator[Violation]:
    topology = text(term, "topologyKey")
    if not topology:
        yield required((*path, "topologyKey"), "can not be empty")
    elif names.qualified(topology):
        yield invalid(Category.LABEL, (*path, "topologyKey"), topology, names.qualified(topology))
    yield from selector(term.get("labelSelector"), (*path, "labelSelector"))


def _spread(spec: Object, path: Path) -> Iterator[Violation]:
    seen: set[tuple[str, str]] = set()
    for index, constraint in items(spec, "topologySpreadConstraints"):
        here = (*path, "topologySpreadConstraints", index)
        topology, unsatisfiable = text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable")
        if not topology:
            yield required((*here, "topologyKey"), "can not be empty")
        if (topology, unsatisfiable) in seen:
            yield Violation(Category.DUPLICATE, here, f'Duplicate value: "{{{topology}, {unsatisfiable}}}"')
        seen.add((topology, unsatisfiable))
        if has(constraint, "minDomains") and unsatisfiable != "DoNotSchedule":
            why = "can only use minDomains if whenUnsatisfiable=DoNotSchedule"
            yield invalid(Category.CONFLICT, (*here, "minDomains"), constraint["minDomains"], why)
        yield from selector(constraint.get("labelSelector"), (*here, "labelSelector"))
