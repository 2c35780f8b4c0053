"""One source's events, made ready: who, when, and the values the aggregates need, each event once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis
import ibis.expr.types as ir

from mlops_lib.transforms.columns import finite, fit, instant, kind
from mlops_lib.transforms.errors import TransformError, listed, suggestion
from mlops_lib.transforms.features import Feature
from mlops_lib.transforms.grammar import Dialect

EVENT_ID = "event_id"

# Names of the prepared table. A column of the source may be a key and an argument at once, so none keeps its name.
AT = "at"
ID = "id"


@dataclass(frozen=True)
class Entity:
    """A column of the key."""

    name: str
    dtype: str


@dataclass(frozen=True)
class Span:
    """The time events are taken from: after `start`, up to and including `end`. Both are aware."""

    start: datetime
    end: datetime


def key(index: int) -> str:
    """The prepared table's name of an entity."""
    return f"key_{index}"


def values_of(features: Sequence[Feature]) -> dict[tuple[str, bool], str]:
    """What must be carried along: (column, only whether it is there) -> name in the prepared table.

    A column that is only counted is carried as a flag: a million texts are not kept to know that they are not null.
    """
    full = {feature.transform.column for feature in features if feature.transform.function != "count"}
    wanted = {(feature.transform.column, feature.transform.column not in full) for feature in features}
    return {said: f"value_{index}" for index, said in enumerate(sorted(wanted))}


def prepare(
    table: ir.Table,
    features: Sequence[Feature],
    entities: Sequence[Entity],
    span: Span,
    *,
    time_column: str,
    dialect: Dialect,
) -> ir.Table:
    """The events of one source within the span: keys, `at`, `id`, values; no nulls in a key, no duplicates."""
    source = features[0].source
    _require(table, source, time_column, "the time of the event")
    for entity in entities:
        _require(table, source, entity.name, "an entity")
    for feature in features:
        _check_argument(table, feature, dialect)

    at = instant(table[time_column], time_column)
    within = table.filter(
        (at > ibis.literal(span.start, "timestamp('UTC')")) & (at <= ibis.literal(span.end, "timestamp('UTC')"))
    )

    chosen: dict[str, ir.Value] = {AT: instant(within[time_column], time_column)}
    for index, entity in enumerate(entities):
        chosen[key(index)] = _key(within[entity.name], entity, dialect)
    if EVENT_ID in table.columns:
        chosen[ID] = within[EVENT_ID].cast("string")
    for (column, counted), name in values_of(features).items():
        chosen[name] = finite(within[column]).notnull() if counted else _value(within[column])
    events = within.select(**chosen)

    keys = [events[key(index)] for index in range(len(entities))]
    events = events.filter([column.notnull() for column in keys])
    texts = [column for column in keys if column.type().is_string()]
    if texts:
        events = events.filter([column != "" for column in texts])
    return _once(events) if ID in events.columns else events


def _value(column: ir.Column) -> ir.Column:
    if column.type().is_timestamp():
        return instant(column, column.get_name())
    return finite(column)


def _key(column: ir.Column, entity: Entity, dialect: Dialect) -> ir.Value:
    """A key of the declared type. pandas writes whole numbers with gaps as doubles: 7.0 is the key 7, not "7.0"."""
    what = f"entity {entity.name}"
    if column.type().is_floating():
        whole = fit(finite(column), "int64", dialect, what)
        return whole.cast("string") if entity.dtype == "string" else fit(whole, entity.dtype, dialect, what)
    if entity.dtype == "string" or kind(column.type()) != "number":
        return column.cast(entity.dtype)
    return fit(column, entity.dtype, dialect, what)


def _once(events: ir.Table) -> ir.Table:
    """Each event id once: its latest row, and of equally late ones the greatest. Rows without an id are all kept.

    To sort all events for the few that came twice would cost more than all the rest. So the ids that may be doubled
    are found first, by the count of a number made from each id, and only their rows are sorted. Two ids with the same
    number are sorted for nothing and both stay.
    """
    numbered = events.mutate(number=events[ID].hash())
    count = numbered.group_by("number").aggregate(rows=numbered.count())
    doubled = count.filter(count.rows > 1)

    rest = [name for name in events.columns if name not in (ID, AT)]
    order = [ibis.desc(AT), *(ibis.desc(name, nulls_first=False) for name in rest)]
    suspects = numbered.filter(numbered[ID].notnull()).semi_join(doubled, "number").drop("number")
    ranked = suspects.mutate(nth=ibis.row_number().over(ibis.window(group_by=ID, order_by=order)))
    latest = ranked.filter(ranked.nth == 0).drop("nth")

    single = numbered.filter(numbered[ID].notnull()).anti_join(doubled, "number").drop("number")
    nameless = events.filter(events[ID].isnull())
    return single.union(latest).union(nameless)


def _require(table: ir.Table, source: str, column: str, role: str) -> None:
    if column not in table.columns:
        problem = f"source {source} has no column {column} ({role}){suggestion(column, table.columns)}"
        raise TransformError(problem, column, 0, len(column), f"one of {listed(table.columns)}")


def _check_argument(table: ir.Table, feature: Feature, dialect: Dialect) -> None:
    transform = feature.transform
    place = (transform.text, len(transform.function) + 1, len(transform.column))
    if transform.column not in table.columns:
        problem = f"feature {feature.name}: source {feature.source} has no column {transform.column}"
        hint = suggestion(transform.column, table.columns)
        raise TransformError(problem + hint, *place, f"one of {listed(table.columns)}")
    dtype = table[transform.column].type()
    wanted = _kinds(feature, dialect)
    if wanted is not None and kind(dtype) not in wanted:
        problem = f"feature {feature.name}: {transform.column} is {dtype}, which {transform.function} cannot take"
        raise TransformError(problem, *place, f"a column of {' or '.join(wanted)}")


def _kinds(feature: Feature, dialect: Dialect) -> tuple[str, ...] | None:
    """Kinds of columns the feature's function takes; None: any."""
    if feature.function.takes == "any":
        return None
    if feature.function.takes == "number":
        return ("number", "bool")
    kinds: Mapping[str, str] = {"bool": "bool", "string": "string", "timestamp": "timestamp"}
    return (kinds.get(feature.dtype, "number"),)
