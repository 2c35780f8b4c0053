"""Whether the JSON Schema of a table says what its FeatureSet says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.contract.model import Contract, FeatureSet
from presync.platform.validation.access import Object, items, obj, text

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


def resource_faults(contract: Contract, name: str, spec: Object) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every way in which a FeatureSet in the cluster differs from the set of that name, and where in ``spec``."""
    known = contract.sets.get(name)
    if known is None:
        yield f"the contract has no set {name}", ()
        return
    own = FeatureSet(name, spec)
    for what, key, one, other in (
        ("entities", "type", own.entities, known.entities),
        ("features", "dtype", own.features, known.features),
    ):
        at = {text(column, "name"): at for at, column in items(spec, what)}
        for column in sorted({*one, *other}):
            path = (what, at[column]) if column in at else (what,)
            mine, theirs = one.get(column), other.get(column)
            if mine is None or theirs is None or text(mine, key) != text(theirs, key):
                said = "none" if theirs is None else text(theirs, key)
                here = "not there" if mine is None else text(mine, key)
                yield f"{what}: {column} is {here}, the contract says {said}", path if mine is None else (*path, key)
            elif (mine.get("nullable") is False) != (theirs.get("nullable") is False):
                may = "may never" if theirs.get("nullable") is False else "may"
                message = f"{what}: {column} {may} be null by the contract, and here it is the other way"
                yield message, (*path, "nullable") if "nullable" in mine else path
    if own.timestamp and own.timestamp != known.timestamp:
        yield f"timestampColumn is {own.timestamp}, the contract says {known.timestamp}", ("timestampColumn",)
