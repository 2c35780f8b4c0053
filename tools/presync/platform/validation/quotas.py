"""LimitRanges and ResourceQuotas."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from presync.platform.validation import names
from presync.platform.validation.access import Object, duplicate, forbidden, has, invalid, items, obj, required, text
from presync.platform.validation.containers import resource_name
from presync.platform.validation.quantities import amount
from presync.platform.violation import Category, Path, Violation

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = frozenset(
    (  # noqa: SIM905 - reads better
        "pods resourcequotas services replicationcontrollers secrets configmaps persistentvolumeclaims "
        "services.nodeports services.loadbalancers"
    ).split()
)
_RESOURCES = frozenset(
    {*_COMPUTE, *_COUNTED, "storage", "requests.storage"}
    | {f"{kind}.{name}" for kind in ("requests", "limits") for name in _COMPUTE}
)
_HUGE = ("hugepages-", "requests.hugepages-")
# (the smaller, the larger): what must not be above what, in a LimitRange.
_ORDERS = (
    ("min", "max"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("min", "default"),
    ("default", "max"),
)
_OPPOSITES = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))


def limit_range(data: Object, minor: int) -> Iterator[Violation]:
    """A LimitRange."""
    seen: set[str] = set()
    for index, limit in items(obj(data, "spec"), "limits"):
        path: Path = ("spec", "limits", index)
        kind = text(limit, "type")
        if kind in seen:
            yield duplicate((*path, "type"), kind)
        seen.add(kind)
        for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
            if kind == "Pod" and obj(limit, field) and field in ("default", "defaultRequest"):
                yield forbidden((*path, field), "may not be specified when `type` is 'Pod'")
            for name in obj(limit, field):
                check = resource_name if kind in ("Pod", "Container") else _any_resource
                yield from check(name, (*path, field, name))
        if kind == "PersistentVolumeClaim" and not any("storage" in obj(limit, field) for field in ("min", "max")):
            why = "either minimum or maximum storage value is required, but neither was provided"
            yield required((*path, "limits"), why)
        yield from _amounts(limit, path)


def _amounts(limit: Object, path: Path) -> Iterator[Violation]:
    known = _defaulted(limit)
    for name in sorted({name for amounts in known.values() for name in amounts}):
        for less, more in _ORDERS:
            low, high = known[less].get(name), known[more].get(name)
            if low is not None and high is not None and low > high:
                field = less if name in obj(limit, less) else more
                shown = obj(limit, field).get(name)
                yield invalid(Category.RANGE, (*path, field, name), shown, f"{less} of {name} is greater than {more}")
                break
        ratio = amount(obj(limit, "maxLimitRequestRatio").get(name, 1))
        if ratio is not None and ratio < 1:
            shown = obj(limit, "maxLimitRequestRatio")[name]
            yield invalid(Category.RANGE, (*path, "maxLimitRequestRatio", name), shown, "a ratio is at least 1")


def _defaulted(limit: Object) -> dict[str, dict[str, Decimal]]:
    """The amounts as they are after the server has filled in what a container's limits leave out."""
    known = {
        field: {name: size for name, given in obj(limit, field).items() if (size := amount(given)) is not None}
        for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")
    }
    if text(limit, "type") == "Container":
        known["default"] = {**known["max"], **known["default"]}
        known["defaultRequest"] = {**known["min"], **known["default"], **known["defaultRequest"]}
    return known


def resource_quota(data: Object, minor: int) -> Iterator[Violation]:
    """A ResourceQuota."""
    spec = obj(data, "spec")
    for name, given in obj(spec, "hard").items():
        path: Path = ("spec", "hard", name)
        size = amount(given)
        yield from _any_resource(name, path)
        if name == "storage":
            yield invalid(Category.NAME, path, name, "must be a standard resource for quota")
        if size is not None and size < 0:
            yield invalid(Category.QUANTITY, path, given, "must be greater than or equal to 0")
        elif size is not None and size % 1 and (name in _COUNTED or _is_extended(name)):
            yield invalid(Category.QUANTITY, path, given, "must be an integer")
    scopes = spec.get("scopes")
    for pair in _OPPOSITES:
        if isinstance(scopes, list) and all(scope in scopes for scope in pair):
            yield invalid(Category.CONFLICT, ("spec", "scopes"), scopes, "conflicting scopes")
    for index, one in items(obj(spec, "scopeSelector"), "matchExpressions"):
        here: Path = ("spec", "scopeSelector", "matchExpressions", index, "values")
        operator = text(one, "operator")
        if operator in ("In", "NotIn") and not one.get("values"):
            yield required(here, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
        elif operator in ("Exists", "DoesNotExist") and has(one, "values") and one["values"]:
            why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
            yield invalid(Category.CONFLICT, here, one["values"], why)


def _is_extended(name: str) -> bool:
    """A resource that is not Kubernetes' own: only whole ones of it can be had."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def _any_resource(name: str, path: Path) -> Iterator[Violation]:
    if names.qualified(name):
        yield invalid(Category.NAME, path, name, names.qualified(name))
    elif "/" not in name and name not in _RESOURCES and not name.startswith(_HUGE):
        yield invalid(Category.NAME, path, name, "must be a standard resource type or fully qualified")
