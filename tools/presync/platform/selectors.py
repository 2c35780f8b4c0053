"""Which labels a selector takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matches(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector (``matchLabels``, ``matchExpressions``) takes these labels; an empty one takes all."""
    if not isinstance(selector, Mapping):
        return False
    if not matches_labels(selector.get("matchLabels") or {}, labels):
        return False
    expressions = selector.get("matchExpressions")
    return all(_holds(one, labels) for one in (expressions if isinstance(expressions, list) else ()))


def matches_labels(wanted: Any, labels: Mapping[str, Any]) -> bool:
    """Whether all of these labels are there with these values."""
    return isinstance(wanted, Mapping) and all(labels.get(key) == value for key, value in wanted.items())


def _holds(expression: Any, labels: Mapping[str, Any]) -> bool:
    if not isinstance(expression, Mapping):
        return False
    key, operator, values = str(expression.get("key")), expression.get("operator"), expression.get("values")
    listed = values if isinstance(values, list) else []
    if operator == "In":
        return labels.get(key) in listed
    if operator == "NotIn":
        return key not in labels or labels[key] not in listed
    if operator == "Exists":
        return key in labels
    return operator == "DoesNotExist" and key not in labels
