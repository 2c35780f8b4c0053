"""Annotations that are not text: Argo CD fails on them, because it adds one of its own to every object but a CRD."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from presync.base.finding import Problem
from presync.render.failure import Refused
from presync.render.result import Item


def check_annotations(items: Sequence[Item]) -> None:
    """Argo CD writes an annotation into every object but a CRD, and fails where it cannot read the annotations.

    Raises:
        Refused: an annotation is not text.
    """
    for item in items:
        data = item.data
        group = str(data.get("apiVersion") or "").rpartition("/")[0]
        if (group, data.get("kind")) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
            continue
        metadata = data.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        reason = _untrackable(metadata, annotations)
        if reason:
            kind = f"{data.get('apiVersion')}" if group else f"/{data.get('apiVersion') or ''}"
            where = f"{kind}, Kind={data.get('kind')} {_text(metadata, 'namespace')}/{_text(metadata, 'name')}"
            raise Refused(
                "failed to set app instance tracking info on manifest: "
                f"failed to get annotations for {where}: {reason}",
                (
                    Problem(
                        "annotation-not-text",
                        f"Argo CD cannot render this: {reason}",
                        "Quote the value.",
                        resource=f"{data.get('kind')} {_text(metadata, 'name')}",
                        field="metadata.annotations",
                        location=item.source,
                    ),
                ),
            )


def _text(metadata: Any, key: str) -> str:
    return str(metadata.get(key) or "") if isinstance(metadata, Mapping) else ""


def _untrackable(metadata: Any, annotations: Any) -> str:
    if isinstance(annotations, Mapping):
        for key, value in annotations.items():
            if not isinstance(value, str):
                shown = "<nil>" if value is None else json.dumps(value)
                return (
                    ".metadata.annotations accessor error: contains non-string value in the map under key "
                    f'"{key}": {shown} is of the type {_go_type(value)}, expected string'
                )
    elif annotations is not None:
        shown = json.dumps(annotations)
        return (
            f".metadata.annotations accessor error: {shown} is of the type {_go_type(annotations)}, "
            "expected map[string]interface {}"
        )
    return ""


def _go_type(value: Any) -> str:
    if value is None:
        return "<nil>"
    names: dict[type, str] = {
        bool: "bool",
        int: "int64",
        float: "float64",
        str: "string",
        list: "[]interface {}",
        dict: "map[string]interface {}",
    }
    return names.get(type(value), "interface {}")
