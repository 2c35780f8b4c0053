"""Autoscalers and disruption budgets."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import Object, forbidden, has, invalid, items, number, obj, required, text
from presync.platform.validation.metadata import selector
from presync.platform.validation.quantities import quantity
from presync.platform.validation.workloads import int_or_percent
from presync.platform.violation import Category, Path, Violation

_WANTS_GROUP = 36  # the minor version since which an empty or wrong group is refused
_SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}


def autoscaler(data: Object, minor: int) -> Iterator[Violation]:
    """A HorizontalPodAutoscaler of v1 or v2."""
    spec = obj(data, "spec")
    least, most = number(spec, "minReplicas"), number(spec, "maxReplicas")
    if least is not None and most is not None and most < least:
        why = "must be greater than or equal to `minReplicas`"
        yield invalid(Category.RANGE, ("spec", "maxReplicas"), most, why)
    if least == 0:
        # HPAScaleToZero is an alpha feature, off by default.
        yield invalid(Category.RANGE, ("spec", "minReplicas"), 0, "must be greater than or equal to 1")
    target = obj(spec, "scaleTargetRef")
    for field in ("kind", "name") if has(spec, "scaleTargetRef") else ():
        value = text(target, field)
        if not value:
            yield required(("spec", "scaleTargetRef", field))
        elif names.path_segment(value):
            yield invalid(Category.NAME, ("spec", "scaleTargetRef", field), value, names.path_segment(value))
    grouped = "/" in text(target, "apiVersion").strip("/") or text(target, "kind") == "ReplicationController"
    if target and minor >= _WANTS_GROUP and not grouped:
        why = "apiVersion must specify API group"
        yield invalid(Category.FORMAT, ("spec", "scaleTargetRef", "apiVersion"), target.get("apiVersion"), why)
    for index, metric in items(spec, "metrics"):
        yield from _metric(metric, ("spec", "metrics", index))


def _metric(metric: Object, path: Path) -> Iterator[Violation]:
    expected = _SOURCES.get(text(metric, "type"), "")
    present = [source for source in _SOURCES.values() if has(metric, source)]
    if expected and expected not in present:
        yield required((*path, expected), "must populate information for the given metric source")
    for source in present:
        if expected and source != expected:
            yield forbidden((*path, source), "must populate the given metric source only")
    name = text(obj(metric, expected, "metric"), "name")
    if name and names.path_segment(name):
        yield invalid(Category.NAME, (*path, expected, "metric", "name"), name, names.path_segment(name))
    target = obj(metric, expected, "target")
    here = (*path, expected, "target")
    for field in ("value", "averageValue"):
        amount = quantity(target.get(field))
        if amount is not None and amount <= 0:
            yield invalid(Category.RANGE, (*here, field), target[field], "must be positive")
    if expected == "pods" and expected in present and not has(target, "averageValue"):
        yield required((*here, "averageValue"), "must specify a positive target averageValue")
    if expected in present and expected in ("resource", "containerResource"):
        if not has(target, "averageUtilization") and not has(target, "averageValue"):
            why = "must set either a target raw value or a target utilization"
            yield required((*here, "averageUtilization"), why)
        elif has(target, "averageUtilization") and has(target, "averageValue"):
            yield forbidden((*here, "averageValue"), "may not set both a target raw value and a target utilization")


def disruption_budget(data: Object, minor: int) -> Iterator[Violation]:
    """A PodDisruptionBudget."""
    spec = obj(data, "spec")
    if has(spec, "minAvailable") and has(spec, "maxUnavailable"):
        yield invalid(Category.CONFLICT, ("spec",), {}, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        yield from int_or_percent(spec.get(field), ("spec", field), at_most_all=True)
    yield from selector(spec.get("selector"), ("spec", "selector"))
