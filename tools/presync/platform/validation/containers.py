"""Containers of any kind, as k8s.io/kubernetes/pkg/apis/core/validation checks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

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
)
from presync.platform.validation.quantities import amount
from presync.platform.violation import Category, Path, Violation, listed, quoted

_RELAXED_ENV = 32  # the minor version since which almost any name of a variable is taken
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_ENV_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
VOLUME_FIELDS = ("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid")
_RESOURCE_FIELDS = tuple(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_STANDARD_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage"})
_CPU_DIVISORS = frozenset({Decimal("0.001"), Decimal(1)})
_DIVISORS = frozenset(Decimal(base) ** power for base in (1000, 1024) for power in range(7))


def containers(
    spec: Object, path: Path, minor: int, volumes: Mapping[str, Object] | None, is_pod: bool
) -> Iterator[Violation]:
    """All containers of a Pod; ``volumes`` None means that they are broken and mounts cannot be judged."""
    if not spec.get("containers"):
        yield required((*path, "containers"))
    seen: set[str] = set()
    for field in ("containers", "initContainers"):
        for index, container in items(spec, field):
            here = (*path, field, index)
            name = text(container, "name")
            if name and name in seen:
                yield duplicate((*here, "name"), name)
            seen.add(name)
            yield from _container(container, here, minor, volumes)
            if field == "initContainers" and text(container, "restartPolicy") != "Always":
                for probe in (*_PROBES, "lifecycle"):
                    if has(container, probe):
                        why = "may not be set for init containers without restartPolicy=Always"
                        yield forbidden((*here, probe), why)
    yield from _host_ports(spec, path, is_pod)


def _container(container: Object, path: Path, minor: int, volumes: Mapping[str, Object] | None) -> Iterator[Violation]:
    yield from _identity(container, path)
    yield from _environment(container, path, minor)
    if "ports" in container:
        yield from _ports(container, path)
    if "volumeMounts" in container or "volumeDevices" in container:
        yield from _mounts(container, path, volumes)
    if "resources" in container:
        yield from resources(container["resources"], (*path, "resources"))
    for probe in _PROBES:
        if has(container, probe):
            yield from _probe(container[probe], (*path, probe), must_be_one=probe != "readinessProbe")
    for hook in ("postStart", "preStop"):
        handler = obj(container, "lifecycle").get(hook)
        if handler is not None:
            yield from _handler(handler, (*path, "lifecycle", hook))
    context = obj(container, "securityContext")
    if context.get("allowPrivilegeEscalation") is False and context.get("privileged") is True:
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        yield invalid(Category.CONFLICT, (*path, "securityContext"), dict(context), why)


def _identity(container: Object, path: Path) -> Iterator[Violation]:
    name = text(container, "name")
    if not name:
        yield required((*path, "name"))
    elif names.dns_label(name):
        yield invalid(Category.NAME, (*path, "name"), name, names.dns_label(name))
    if not container.get("image"):
        yield required((*path, "image"))


def _environment(container: Object, path: Path, minor: int) -> Iterator[Violation]:
    if "env" in container:
        yield from _env(container, path, minor)
    if "envFrom" in container:
        yield from _env_from(container, path, minor)


def _ports(container: Object, path: Path) -> Iterator[Violation]:
    seen: set[str] = set()
    for index, port in items(container, "ports"):
        here = (*path, "ports", index)
        name = text(port, "name")
        if name:
            if names.port_name(name):
                yield invalid(Category.FORMAT, (*here, "name"), name, names.port_name(name))
            elif name in seen:
                yield duplicate((*here, "name"), name)
            seen.add(name)


def _host_ports(spec: Object, path: Path, is_pod: bool) -> Iterator[Violation]:
    """Two containers of a Pod cannot have one port of the node."""
    taken: set[tuple[int, str, str]] = set()
    on_host = spec.get("hostNetwork") is True
    for index, container in items(spec, "containers"):
        for at, port in items(container, "ports"):
            here = (*path, "containers", index, "ports", at, "hostPort")
            host, own = number(port, "hostPort"), number(port, "containerPort")
            if on_host and host != own and (host or is_pod):
                if host is None:
                    continue  # filled in by the server
                yield invalid(Category.CONFLICT, here, host, "must match `containerPort` when `hostNetwork` is true")
            if host:
                key = (host, text(port, "protocol") or "TCP", text(port, "hostIP"))
                if key in taken:
                    yield duplicate(here, f"{host}/{key[1]}")
                taken.add(key)


def _env(container: Object, path: Path, minor: int) -> Iterator[Violation]:
    for index, variable in items(container, "env"):
        here = (*path, "env", index)
        name = text(variable, "name")
        wrong = names.env_name(name, minor >= _RELAXED_ENV) if name else ""
        if not name:
            yield required((*here, "name"))
        elif wrong:
            yield invalid(Category.NAME, (*here, "name"), name, wrong)
        if has(variable, "valueFrom"):
            yield from _value_from(variable, (*here, "valueFrom"))


def _value_from(variable: Object, path: Path) -> Iterator[Violation]:
    source = obj(variable, "valueFrom")
    chosen = [key for key, value in source.items() if value is not None]
    if not chosen:
        why = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        yield invalid(Category.REQUIRED, path, "", why)
    elif variable.get("value"):
        yield invalid(Category.CONFLICT, path, "", "may not be specified when `value` is not empty")
    elif len(chosen) > 1:
        yield invalid(Category.CONFLICT, path, "", "may not have more than one field specified at a time")
    for key in ("configMapKeyRef", "secretKeyRef"):
        if has(source, key):
            reference = obj(source, key)
            name = text(reference, "name")
            if not name:
                yield required((*path, key, "name"))
            elif names.dns_subdomain(name):
                yield invalid(Category.NAME, (*path, key, "name"), name, names.dns_subdomain(name))
            wrong = names.config_key(text(reference, "key"))
            if not reference.get("key"):
                yield required((*path, key, "key"))
            elif wrong:
                yield invalid(Category.NAME, (*path, key, "key"), reference["key"], wrong)
    if has(source, "fieldRef"):
        yield from field_reference(source, path, _ENV_FIELDS)
    if has(source, "resourceFieldRef"):
        yield from resource_reference(source, path)


def field_reference(source: Object, path: Path, supported: Sequence[str]) -> Iterator[Violation]:
    """A ``fieldRef``."""
    here = (*path, "fieldRef", "fieldPath")
    field = text(obj(source, "fieldRef"), "fieldPath")
    if not field:
        yield required(here)
    elif field not in supported and not field.startswith(("metadata.labels[", "metadata.annotations[")):
        message = f"Unsupported value: {quoted(field)}: supported values: {listed(supported)}"
        yield Violation(Category.ENUM, here, message)


def resource_reference(source: Object, path: Path) -> Iterator[Violation]:
    """A ``resourceFieldRef``."""
    here = (*path, "resourceFieldRef", "resource")
    resource = text(obj(source, "resourceFieldRef"), "resource")
    if not resource:
        yield required(here)
    elif resource not in _RESOURCE_FIELDS and ".hugepages-" not in resource:
        message = f"Unsupported value: {quoted(resource)}: supported values: {listed(_RESOURCE_FIELDS)}"
        yield Violation(Category.ENUM, here, message)
    divisor = obj(source, "resourceFieldRef").get("divisor")
    share = amount(divisor)
    of_cpu = resource.endswith(".cpu")
    if share and resource and share not in (_CPU_DIVISORS if of_cpu else _DIVISORS):
        supported = "1m, 1" if of_cpu else "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"
        why = f"{resource} can be divided by {supported} only"
        yield invalid(Category.QUANTITY, (*path, "resourceFieldRef", "divisor"), divisor, why)


def _env_from(container: Object, path: Path, minor: int) -> Iterator[Violation]:
    for index, source in items(container, "envFrom"):
        here = (*path, "envFrom", index)
        chosen = [key for key in ("configMapRef", "secretRef") if has(source, key)]
        if not chosen:
            yield invalid(Category.REQUIRED, here, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(chosen) > 1:
            yield invalid(Category.CONFLICT, here, "", "may not have more than one field specified at a time")
        for key in chosen:
            name = text(obj(source, key), "name")
            wrong = names.dns_prefix(name)
            if not name:
                yield required((*here, key, "name"))
            elif wrong:
                yield invalid(Category.NAME, (*here, key, "name"), name, wrong)
        prefix = text(source, "prefix")
        wrong = names.env_name(prefix, minor >= _RELAXED_ENV) if prefix else ""
        if wrong:
            yield invalid(Category.NAME, (*here, "prefix"), prefix, wrong)


def _mounts(container: Object, path: Path, volumes: Mapping[str, Object] | None) -> Iterator[Violation]:
    taken: set[str] = set()
    for field, place in (("volumeMounts", "mountPath"), ("volumeDevices", "devicePath")):
        for index, mount in items(container, field):
            here = (*path, field, index)
            name, at = text(mount, "name"), text(mount, place)
            if not name:
                yield required((*here, "name"))
            elif volumes is not None and name not in volumes:
                known = listed(sorted(volumes)) if volumes else "none"
                yield Violation(
                    Category.MOUNT, (*here, "name"), f"Not found: {quoted(name)}", f"Volumes of this Pod: {known}."
                )
            if not at:
                yield required((*here, place))
            elif at in taken:
                yield invalid(Category.DUPLICATE, (*here, place), at, "must be unique")
            taken.add(at)
            yield from _sub_paths(mount, here)


def _sub_paths(mount: Object, path: Path) -> Iterator[Violation]:
    if mount.get("subPath") and mount.get("subPathExpr"):
        why = "subPathExpr and subPath are mutually exclusive"
        yield invalid(Category.CONFLICT, (*path, "subPathExpr"), mount["subPathExpr"], why)
    for key in ("subPath", "subPathExpr"):
        yield from relative_path(text(mount, key), (*path, key))


def relative_path(value: str, path: Path) -> Iterator[Violation]:
    """A path inside a volume."""
    if value.startswith("/"):
        yield invalid(Category.FORMAT, path, value, "must be a relative path")
    if ".." in value.split("/"):
        yield invalid(Category.FORMAT, path, value, "must not contain '..'")


def resources(data: Any, path: Path) -> Iterator[Violation]:
    """Requests and limits."""
    limits, requests = obj(data, "limits"), obj(data, "requests")
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, given in amounts.items():
            here = (*path, field, name)
            yield from resource_name(name, here)
            value = amount(given)
            if value is not None and value < 0:
                yield invalid(Category.QUANTITY, here, given, "must be greater than or equal to 0")
    for name, given in requests.items():
        wanted, most = amount(given), amount(limits[name]) if name in limits else None
        overcommit = name in _STANDARD_RESOURCES
        if wanted is None or (name in limits and most is None):
            continue
        if most is None:
            if not overcommit:
                yield required((*path, "limits", name), "Limit must be set for non overcommitable resources")
        elif wanted > most or (wanted != most and not overcommit):
            relation = "less than or equal to" if overcommit else "equal to"
            shown = "0, which is how the server reads null" if limits[name] is None else limits[name]
            why = f"must be {relation} {name} limit of {shown}"
            yield invalid(Category.RESOURCES, (*path, "requests", name), given, why)


def resource_name(name: str, path: Path) -> Iterator[Violation]:
    """A resource that a container may ask for."""
    if names.qualified(name):
        yield invalid(Category.NAME, path, name, names.qualified(name))
    elif "/" not in name and name not in _STANDARD_RESOURCES and not name.startswith("hugepages-"):
        why = "must be a standard resource for containers"
        remedy = "Write cpu, memory or ephemeral-storage, or the whole name of an extended resource (example.com/gpu)."
        yield invalid(Category.NAME, path, name, why, remedy)


def _probe(probe: Any, path: Path, must_be_one: bool) -> Iterator[Violation]:
    yield from _handler(probe, path)
    threshold = number(probe, "successThreshold")
    if must_be_one and threshold not in (None, 0, 1):
        yield invalid(Category.RANGE, (*path, "successThreshold"), threshold, "must be 1")


def _handler(handler: Any, path: Path) -> Iterator[Violation]:
    chosen = [key for key in _HANDLERS if has(handler, key)]
    if not chosen:
        yield required(path, "must specify a handler type")
    for extra in chosen[1:]:
        yield forbidden((*path, extra), "may not specify more than 1 handler type")
    for key in chosen:
        if key == "exec":
            if not obj(handler, key).get("command"):
                yield required((*path, key, "command"))
        elif key in ("httpGet", "tcpSocket"):
            yield from port(obj(handler, key).get("port"), (*path, key, "port"))
            for index, header in items(obj(handler, key), "httpHeaders"):
                wrong = names.header_name(text(header, "name"))
                if wrong:
                    here = (*path, key, "httpHeaders", index, "name")
                    yield invalid(Category.NAME, here, header.get("name"), wrong)


def port(value: Any, path: Path) -> Iterator[Violation]:
    """A port by number or by name."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= 65535:
            yield invalid(Category.RANGE, path, value, "must be between 1 and 65535, inclusive")
    elif isinstance(value, str) and names.port_name(value):
        hint = "A number must not be in quotes here." if value.isdigit() else ""
        yield invalid(Category.FORMAT, path, value, names.port_name(value), hint)


def port_names(spec: Object) -> Sequence[str]:
    """The names of all ports of a Pod."""
    return [
        text(one, "name")
        for field in ("containers", "initContainers")
        for _, container in items(spec, field)
        for _, one in items(container, "ports")
        if one.get("name")
    ]
