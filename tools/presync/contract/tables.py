"""Whether the JSON Schema of a table says what its FeatureSet says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.contract.model import Contract, FeatureSet
from presync.platform.validation.access import Object, obj, text

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_faults(contract: Contract, one: FeatureSet, schema: Any) -> Iterator[str]:
    """Every way in which the schema differs from the set."""
    if not isinstance(schema, dict):
        yield "it is no JSON Schema"
        return
    if schema.get("$schema") != _DRAFT:
        yield "it is not of JSON Schema 2020-12"
    properties = obj(schema, "properties")
    missing = [name for name in one.columns if name not in properties]
    extra = [name for name in properties if name not in one.columns]
    if missing:
        yield f"it lacks {', '.join(missing)}"
    if extra:
        yield f"it has {', '.join(extra)}, which the set has not"
    required = schema.get("required")
    if not isinstance(required, list) or sorted(map(str, required)) != sorted(one.columns):
        yield "it does not require exactly the columns of the set"
    if schema.get("additionalProperties") is not False:
        yield "it takes further columns"
    for name, dtype, nullable in _columns(one):
        if name in properties:
            yield from _column(contract, name, dtype, nullable, obj(properties, name))
    table = obj(schema, "x-feature-set")
    for key, wanted in (("columns", one.columns), ("entities", [*one.entities]), ("timestampColumn", one.timestamp)):
        if table.get(key) != wanted:
            yield f"x-feature-set.{key} is not that of the set"


def _columns(one: FeatureSet) -> Iterator[tuple[str, str, bool]]:
    for name, entity in one.entities.items():
        yield name, text(entity, "type"), False
    yield one.timestamp, "timestamp", False
    for name, feature in one.features.items():
        yield name, text(feature, "dtype"), feature.get("nullable") is not False


def _column(contract: Contract, name: str, dtype: str, nullable: bool, column: Object) -> Iterator[str]:
    if text(column, "x-dtype") != dtype:
        yield f"{name} has dtype {text(column, 'x-dtype') or 'none'}, the set says {dtype}"
    arrow = text(obj(contract.dtypes, dtype), "arrow")
    if arrow and text(column, "x-arrow-type") != arrow:
        yield f"{name} is stored as {text(column, 'x-arrow-type') or 'nothing'}, {dtype} is {arrow}"
    kinds = column.get("type")
    if nullable != ("null" in (kinds if isinstance(kinds, list) else [kinds])):
        yield f"{name} {'may' if nullable else 'may never'} be null by the set, and by the schema it is the other way"


def resource_faults(contract: Contract, name: str, spec: Object) -> Iterator[str]:
    """Every way in which a FeatureSet in the cluster differs from the set of that name."""
    known = contract.sets.get(name)
    if known is None:
        yield f"the contract has no set {name}"
        return
    own = FeatureSet(name, spec)
    for what, one, other in (
        ("entities", _pairs(own.entities.values(), "type"), _pairs(known.entities.values(), "type")),
        ("features", _pairs(own.features.values(), "dtype"), _pairs(known.features.values(), "dtype")),
    ):
        for column in sorted({*one, *other}):
            if one.get(column) != other.get(column):
                said = other.get(column, "none")
                yield f"{what}: {column} is {one.get(column, 'not there')}, the contract says {said}"
    if own.timestamp and own.timestamp != known.timestamp:
        yield f"timestampColumn is {own.timestamp}, the contract says {known.timestamp}"


def _pairs(found: Any, key: str) -> dict[str, str]:
    return {text(one, "name"): text(one, key) for one in found}
