"""``metadata`` and label selectors of any object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.platform.validation import names
from presync.platform.validation.access import Object, invalid, items, obj, required, text, texts
from presync.platform.violation import Category, Path, Violation, quoted

_MAX_ANNOTATIONS = 256 * 1024


def object_meta(data: Object, group: str, kind: str, minor: int, server_side: bool = False) -> Iterator[Violation]:
    """The object's own metadata; ``server_side``: as server-side apply takes it."""
    metadata = obj(data, "metadata")
    name = metadata.get("name")
    if not name and not metadata.get("generateName") and (group, kind) != ("", "LimitRange"):
        yield Violation(Category.REQUIRED, ("metadata", "name"), "Required value: name or generateName is required")
    elif isinstance(name, str) and name:
        wrong = names.of_kind(group, kind, minor)(name)
        if wrong:
            yield invalid(Category.NAME, ("metadata", "name"), name, wrong)
    namespace = text(metadata, "namespace")
    if namespace and names.dns_label(namespace):
        yield invalid(Category.NAME, ("metadata", "namespace"), namespace, names.dns_label(namespace))
    yield from labels_and_annotations(metadata, ("metadata",))
    seen: set[str] = set()
    for index, finalizer in enumerate(texts(metadata, "finalizers")):
        here: Path = ("metadata", "finalizers", index)
        if names.qualified(finalizer):
            yield invalid(Category.NAME, here, finalizer, names.qualified(finalizer))
        elif server_side and finalizer in seen:
            message = f"Duplicate value: {quoted(finalizer)}; server-side apply refuses it"
            yield Violation(Category.DUPLICATE, here, message)
        seen.add(finalizer)


def labels_and_annotations(metadata: Object, path: Path) -> Iterator[Violation]:
    """Of an object or of a template in it."""
    if "labels" in metadata:
        yield from labels(metadata["labels"], (*path, "labels"))
    annotations = metadata.get("annotations")
    if not isinstance(annotations, Mapping):
        return
    size = 0
    for key, value in annotations.items():
        size += len(key) + (len(value) if isinstance(value, str) else 0)
        wrong = names.qualified(key.lower())
        if wrong:
            yield invalid(Category.LABEL, (*path, "annotations", key), key, wrong)
    if size > _MAX_ANNOTATIONS:
        message = f"Too long: may not be more than {_MAX_ANNOTATIONS} bytes (has {size})"
        yield Violation(Category.RANGE, (*path, "annotations"), message)


def labels(value: Any, path: Path) -> Iterator[Violation]:
    """A map of labels, or a node selector."""
    if not isinstance(value, Mapping):
        return
    for key, label in value.items():
        wrong = names.qualified(key)
        if wrong:
            yield invalid(Category.LABEL, (*path, key), key, wrong)
        if isinstance(label, str) and names.label_value(label):
            yield invalid(Category.LABEL, (*path, key), label, names.label_value(label))


def selector(value: Any, path: Path) -> Iterator[Violation]:
    """A label selector with ``matchLabels`` and ``matchExpressions``."""
    if not isinstance(value, Mapping):
        return
    yield from labels(value.get("matchLabels"), (*path, "matchLabels"))
    for index, expression in items(value, "matchExpressions"):
        here = (*path, "matchExpressions", index)
        yield from requirement(expression, here)


def node_terms(parent: Object, path: Path, field: str) -> Iterator[Violation]:
    """A node selector: at least one term, and in each the expressions."""
    if parent.get(field) is None:
        return
    here = (*path, field, "nodeSelectorTerms")
    terms = obj(parent, field)
    if not terms.get("nodeSelectorTerms"):
        yield required(here, "must have at least one node selector term")
    for index, term in items(terms, "nodeSelectorTerms"):
        for at, expression in items(term, "matchExpressions"):
            yield from requirement(expression, (*here, index, "matchExpressions", at))


def requirement(expression: Object, path: Path) -> Iterator[Violation]:
    """One expression of a label selector or a node selector."""
    operator, values = text(expression, "operator"), expression.get("values")
    count = len(values) if isinstance(values, list) else 0
    if operator in ("In", "NotIn") and not count:
        yield required((*path, "values"), "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist") and count:
        why = "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        yield Violation(Category.CONFLICT, (*path, "values"), why)
    elif operator in ("Gt", "Lt") and count != 1:
        yield required((*path, "values"), "must be specified single value when `operator` is 'Lt' or 'Gt'")
    key = text(expression, "key")
    if names.qualified(key):
        yield invalid(Category.LABEL, (*path, "key"), key, names.qualified(key))
    for index, value in enumerate(values if isinstance(values, list) else ()):
        if isinstance(value, str) and names.label_value(value):
            yield invalid(Category.LABEL, (*path, "values", index), value, names.label_value(value))
