"""Kinds that CRDs and ConstraintTemplates declare."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from presync.platform.schemas.structural import Schema, strict

CONSTRAINTS = "constraints.gatekeeper.sh"
_MOST = 2**31 - 1
_CONSTRAINT_VERSIONS = ("v1beta1", "v1alpha1")


@dataclass(frozen=True, slots=True)
class Declared:
    """A custom kind in one version, and where it is declared."""

    group: str
    version: str
    kind: str
    namespaced: bool
    served: bool
    origin: str
    raw: Mapping[str, Any] = field(repr=False)  # the openAPIV3Schema, or the strict schema when ``converted``
    converted: bool = False

    def schema(self) -> Schema:
        """The strict JSON Schema.

        Raises:
            ValueError: the CRD's schema is not one.
        """
        if self.converted:
            return dict(self.raw)
        try:
            return strict(self.raw)
        except (TypeError, AttributeError, RecursionError, KeyError) as error:
            raise ValueError(f"not a schema: {error}") from None


def declared(data: Mapping[str, Any], origin: str) -> Iterator[Declared]:
    """The kinds of a CustomResourceDefinition or a ConstraintTemplate; nothing for anything else."""
    kind = data.get("kind")
    if kind == "CustomResourceDefinition":
        yield from _of_crd(_mapping(data.get("spec")), origin)
    elif kind == "ConstraintTemplate":
        yield from _of_template(data, origin)


def _of_crd(spec: Mapping[str, Any], origin: str) -> Iterator[Declared]:
    names = _mapping(spec.get("names"))
    namespaced = spec.get("scope") != "Cluster"
    shared = _mapping(_mapping(spec.get("validation")).get("openAPIV3Schema"))  # v1beta1 had one for all versions
    versions = spec.get("versions")
    for version in versions if isinstance(versions, list) else ():
        version = _mapping(version)  # noqa: PLW2901 - the same thing, made sure of
        raw = _mapping(_mapping(version.get("schema")).get("openAPIV3Schema")) or shared
        replicas = _mapping(_mapping(version.get("subresources")).get("scale")).get("specReplicasPath")
        raw = _scaled(raw, str(replicas or "").lstrip(".").split("."))
        if raw and version.get("name") and names.get("kind"):
            served = version.get("served") is not False
            group, name = str(spec.get("group") or ""), str(version["name"])
            yield Declared(group, name, str(names["kind"]), namespaced, served, origin, raw)


def _scaled(schema: Mapping[str, Any], path: list[str]) -> Mapping[str, Any]:
    """The schema with the limits of the number that the ``scale`` subresource sets, which the server checks as well."""
    properties = _mapping(schema.get("properties"))
    below = properties.get(path[0])
    if not isinstance(below, Mapping):
        return schema
    if len(path) > 1:
        below = _scaled(below, path[1:])
    else:
        low, high = below.get("minimum"), below.get("maximum")
        below = {**below, "minimum": max(0, low or 0), "maximum": _MOST if high is None else min(_MOST, high)}
    return {**schema, "properties": {**properties, path[0]: below}}


def _of_template(data: Mapping[str, Any], origin: str) -> Iterator[Declared]:
    """The constraint kind of a template, as Gatekeeper makes it (frameworks/constraint, pkg/client/crds)."""
    inner = _mapping(_mapping(_mapping(data.get("spec")).get("crd")).get("spec"))
    kind = _mapping(inner.get("names")).get("kind")
    if not kind:
        return
    validation = _mapping(inner.get("validation"))
    parameters = validation.get("openAPIV3Schema")
    # legacySchema (the default in v1beta1) lets parameters hold what the schema does not name.
    legacy = validation.get("legacySchema", str(data.get("apiVersion") or "").endswith("/v1beta1")) is True
    open_ = {"x-kubernetes-preserve-unknown-fields": True}
    properties: dict[str, Any] = {
        "enforcementAction": {"type": "string"},
        "match": open_,
        "scopedEnforcementActions": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "action": {"type": "string"},
                    "enforcementPoints": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                    },
                },
            },
        },
    }
    if legacy:
        properties["parameters"] = open_
    elif isinstance(parameters, Mapping):
        properties["parameters"] = parameters
    name = {"type": "string", "maxLength": 63}
    schema = strict(
        {
            "type": "object",
            "properties": {
                "metadata": {"type": "object", "properties": {"name": name}},
                "spec": {"type": "object", "properties": properties},
                "status": open_,
            },
        }
    )
    schema["properties"]["spec"]["properties"]["match"] = _optional_match()
    schema["$defs"] = {**schema["$defs"], **constraint_match().get("$defs", {})}
    for version in _CONSTRAINT_VERSIONS:
        yield Declared(CONSTRAINTS, version, str(kind), False, True, origin, schema, converted=True)


@cache
def constraint_match() -> Schema:
    """Gatekeeper's schema of ``spec.match``."""
    packed = resources.files("presync.platform.schemas").joinpath("bundled", "constraint-match.json.gz").read_bytes()
    loaded: Schema = json.loads(gzip.decompress(packed))
    return loaded


def _optional_match() -> Schema:
    return {key: value for key, value in constraint_match().items() if not key.startswith("$")}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
