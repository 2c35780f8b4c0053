"""Autoscalers and disruption budgets."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.validation.access import Object, forbidden, has, invalid, items, number, obj, required, text
from presync.platform.validation.metadata import selector
from presync.platform.validation.workloads import int_or_percent
from presync.platform.violation import Category, Path, Violation

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
    for field in ("kind", "name"):
        if has(spec, "scaleTargetRef") and not obj(spec, "scaleTargetRef").get(field):
            yield required(("spec", "scaleTargetRef", field))
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
    if expected in present and expected in ("resource", "containerResource"):
        target = obj(metric, expected, "target")
        here = (*path, expected, "target")
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
