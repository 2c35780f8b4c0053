"""The schema of a CRD as a strict JSON Schema: what the API server would prune is an error here.

Follows the server's order (k8s.io/apiextensions-apiserver, pkg/apiserver/schema): defaults are filled in, also for
nulls, what no schema declares is pruned, then the rest is validated. So a defaulted property may be null and is never
missing, and an object without declared properties may hold nothing. Other nulls the server drops first, unless the
object comes by server-side apply: :func:`without_nulls` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
PRUNED = {"$ref": "#/$defs/pruned"}
META = "#/$defs/meta"
OPEN = "x-open"  # marks objects that keep what they do not declare
KEYS = "x-keys"  # our own keyword: items of a list are told apart by these fields (x-kubernetes-list-type: map)
NEEDED_KEYS = "x-needed-keys"  # of these, server-side apply wants one in each item, and no null for an item

_TEXT_MAP = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}
_TEXT = {"type": ["string", "null"]}
OBJECT_META: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "annotations": _TEXT_MAP,
        "creationTimestamp": _TEXT,
        "deletionGracePeriodSeconds": {"type": ["integer", "null"]},
        "deletionTimestamp": _TEXT,
        "finalizers": {"type": ["array", "null"], "items": _TEXT},
        "generateName": _TEXT,
        "generation": {"type": ["integer", "null"]},
        "labels": _TEXT_MAP,
        "managedFields": {"type": ["array", "null"]},
        "name": _TEXT,
        "namespace": _TEXT,
        "ownerReferences": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["apiVersion", "kind", "name", "uid"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "blockOwnerDeletion": {"type": ["boolean", "null"]},
                    "controller": {"type": ["boolean", "null"]},
                    "kind": {"type": "string"},
                    "name": {"type": "string"},
                    "uid": {"type": "string"},
                },
            },
        },
        "resourceVersion": _TEXT,
        "selfLink": _TEXT,
        "uid": _TEXT,
    },
}
_DEFINITIONS: Schema = {
    "meta": OBJECT_META,
    "pruned": {"maxProperties": 0, "items": PRUNED},
}
_LIMITS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
# Formats of text that the API server knows; it ignores every other (apiextensions-apiserver, validation/formats.go).
TEXT_FORMATS = frozenset(
    "byte cidr date date-time datetime duration email hostname ipv4 ipv6 mac password uri uuid".split()  # noqa: SIM905
)
_KEPT = (
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
)
_JUNCTORS = ("allOf", "anyOf", "oneOf")


def strict(schema: Mapping[str, Any]) -> Schema:
    """The JSON Schema of a whole object from a CRD's ``openAPIV3Schema``."""
    root = _node(schema, embedded=True)
    root["required"] = sorted({*root.get("required", ()), "apiVersion", "kind", "metadata"})
    declared = schema.get("properties")
    metadata = declared.get("metadata") if isinstance(declared, Mapping) else None
    if isinstance(metadata, Mapping) and isinstance(metadata.get("properties"), Mapping):
        # Only the name may be restricted (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources).
        extra = {
            key: _validations(value) for key, value in metadata["properties"].items() if isinstance(value, Mapping)
        }
        root["properties"]["metadata"] = {"allOf": [{"$ref": META}, {"properties": extra}]}
    return {"$schema": DRAFT, "$defs": _DEFINITIONS, **root}


def _node(schema: Mapping[str, Any], embedded: bool = False) -> Schema:
    """One level with everything below it."""
    out = _validations(schema)
    embedded = embedded or schema.get("x-kubernetes-embedded-resource") is True
    preserved = schema.get("x-kubernetes-preserve-unknown-fields") is True
    _type(schema, out)
    if schema.get("type") == "array" or "items" in schema:
        _list(schema, out)
    if schema.get("type") == "object" or any(key in schema for key in ("properties", "additionalProperties")):
        _object(schema, out, embedded, preserved)
    elif not preserved and "type" not in schema and not schema.get("x-kubernetes-int-or-string"):
        out.update(maxProperties=0, items=PRUNED)
    if embedded:
        out["required"] = sorted({*out.get("required", ()), "apiVersion", "kind"})
        out.setdefault("properties", {}).update(
            apiVersion={"type": "string", "minLength": 1},
            kind={"type": "string", "minLength": 1},
            metadata={"$ref": META},
        )
    return out


def _validations(schema: Mapping[str, Any]) -> Schema:
    """What restricts the value itself."""
    out: Schema = {key: schema[key] for key in _KEPT if schema.get(key) is not None}
    for side in ("Minimum", "Maximum"):
        # OpenAPI 3.0 has a bool beside the limit, JSON Schema of today has the limit itself.
        if out.pop(f"exclusive{side}", False) is True and side.lower() in out:
            out[f"exclusive{side}"] = out.pop(side.lower())
    format_ = schema.get("format")
    if format_ in _LIMITS and schema.get("type") == "integer":
        low, high = _LIMITS[format_]
        out["minimum"], out["maximum"] = max(low, out.get("minimum", low)), min(high, out.get("maximum", high))
    elif format_ in TEXT_FORMATS and schema.get("type") in (None, "string"):
        out["format"] = "date-time" if format_ == "datetime" else format_
    for key in _JUNCTORS:
        branches = schema.get(key)
        if isinstance(branches, list) and not (key == "anyOf" and schema.get("x-kubernetes-int-or-string")):
            out[key] = [_condition(branch) for branch in branches if isinstance(branch, Mapping)]
    if isinstance(schema.get("not"), Mapping):
        out["not"] = _condition(schema["not"])
    return out


def _condition(schema: Mapping[str, Any]) -> Schema:
    """A branch of allOf, anyOf, oneOf or not: it validates, it declares nothing."""
    out = _validations(schema)
    for key in ("type", "required"):
        if schema.get(key):
            out[key] = schema[key]
    if isinstance(schema.get("properties"), Mapping):
        properties = schema["properties"].items()
        out["properties"] = {name: _condition(value) for name, value in properties if isinstance(value, Mapping)}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            out[key] = _condition(schema[key])
    return out


def _type(schema: Mapping[str, Any], out: Schema) -> None:
    types = ["integer", "string"] if schema.get("x-kubernetes-int-or-string") is True else schema.get("type")
    if not types:
        return
    if schema.get("nullable") is True:
        out["type"] = [*([types] if isinstance(types, str) else types), "null"]
        if "enum" in out and None not in out["enum"]:
            out["enum"] = [*out["enum"], None]
    else:
        out["type"] = types


def _list(schema: Mapping[str, Any], out: Schema) -> None:
    items = schema.get("items")
    if isinstance(items, Mapping):
        out["items"] = _node(items)
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    if kind == "set":
        out["uniqueItems"] = True
    elif kind == "map" and isinstance(keys, list):
        out[KEYS] = keys


def _object(schema: Mapping[str, Any], out: Schema, embedded: bool, preserved: bool) -> None:
    properties = schema.get("properties") if isinstance(schema.get("properties"), Mapping) else {}
    declared = {name: value for name, value in (properties or {}).items() if isinstance(value, Mapping)}
    defaulted = {name for name, value in declared.items() if value.get("default") is not None}
    listed = schema.get("required")
    required = [name for name in listed if name not in defaulted] if isinstance(listed, list) else []
    if required:
        out["required"] = required
    if declared:
        out["properties"] = {
            name: _nullable(_node(value)) if name in defaulted else _node(value) for name, value in declared.items()
        }
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        node = _node(values)
        out["additionalProperties"] = node if values.get("default") is None else _nullable(node)
    elif preserved:
        out[OPEN] = True
    elif values is True:
        out["additionalProperties"] = PRUNED
    elif declared or embedded:
        out["additionalProperties"] = False
    else:
        out["maxProperties"] = 0  # says which fields are too many, where `additionalProperties: false` would not
    if embedded and "type" not in out:
        out["type"] = "object"


def _nullable(node: Schema) -> Schema:
    """The same, or null."""
    types = node.get("type")
    if types is not None and "null" not in types:
        node["type"] = [*([types] if isinstance(types, str) else types), "null"]
    if "enum" in node and None not in node["enum"]:
        node["enum"] = [*node["enum"], None]
    return node


def without_nulls(data: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The data without the nulls that the server drops when an object is created or updated.

    A null in a list stays, and so does one where the schema takes null.
    """
    node = _resolved(schema, document)
    if isinstance(data, Mapping):
        properties, others = node.get("properties") or {}, node.get("additionalProperties")
        kept = {}
        for key, value in data.items():
            below = properties.get(key, others)
            below = below if isinstance(below, Mapping) else {}
            if value is None and "null" not in (_resolved(below, document).get("type") or "null"):
                continue
            kept[key] = without_nulls(value, below, document) if below else value
        return kept
    if isinstance(data, list) and isinstance(node.get("items"), Mapping):
        return [without_nulls(item, node["items"], document) for item in data]
    return data


def has_null(data: Any) -> bool:
    """Whether there is a null anywhere."""
    if isinstance(data, Mapping):
        return any(value is None or has_null(value) for value in data.values())
    return isinstance(data, list) and any(item is None or has_null(item) for item in data)


def _resolved(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    found = document.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
    return found if isinstance(found, Mapping) else {}
