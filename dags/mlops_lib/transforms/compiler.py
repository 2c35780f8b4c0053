"""Compiles a feature set to one Ibis expression.

What it means
-------------
* **Window.** `over window(w)` at the moment `as_of` takes the events with `as_of - w < event time <= as_of`. The
  start is outside, so windows of consecutive runs share no event; the end is inside. A window that would begin before
  the year 1 begins there.
* **Time.** The time of the event counts, not when it arrived: a late event is in every run that reads its file and
  whose windows reach back to it. A time with a zone is that moment, one without a zone is UTC. Precision is the
  microsecond; what is finer is cut off. Events without a time, and events after `as_of`, are left out. `as_of` itself
  must have a zone.
* **Duplicates.** Events of a source with the same `event_id` count once: the latest that is not after `as_of` wins,
  of equally late ones the one with the greatest key, then the greatest values of the columns that the set reads, in
  the order of their names and null before all (of a column that is only counted: whether there is one). So the answer
  does not depend on the order of the files. Rows whose id is null, and all rows of a source that has no `event_id`,
  are kept, equal ones too: two equal rows may be two events, and nobody can tell.
* **Rows.** One row per key that has an event, in any source of the set, within the longest window of the set; sorted
  by key. Events whose key has a null or an empty text belong to nobody and are left out.
* **Nulls.** Functions pass over nulls, as in SQL. NaN and infinities are no measurements and count as null. Where no
  value is left, `count` and `count_distinct` give 0 and the rest null. `stddev` is that of a sample: null for one
  value.
* **last** is the latest value that is not null; of equally late events that with the greatest `event_id` (as text,
  none first), then the greatest value.
* **Numbers.** `true` is 1. Whole numbers are added in 38 digits. A result that its dtype cannot hold (beyond int32,
  beyond float, 2.5 in an int64) stops the query with the feature's name: nothing is wrapped, and no number is rounded
  to an integer. Sums of floats depend on the order of addition in their last digits, as everywhere.
* **No events** give a table without rows, with all columns and types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from mlops_lib.transforms import grammar
from mlops_lib.transforms.aggregates import aggregate
from mlops_lib.transforms.columns import arrow_type, fit, ibis_type
from mlops_lib.transforms.errors import TransformError, listed
from mlops_lib.transforms.events import AT, Entity, Span, key, prepare, values_of
from mlops_lib.transforms.features import Feature, features_of

DEFAULT_TIME_COLUMN = "event_timestamp"
BEGINNING = datetime(1, 1, 1, tzinfo=timezone.utc)


def build_features(
    tables: Mapping[str, ir.Table],
    spec: Mapping[str, Any],
    as_of: datetime,
    *,
    dialect: grammar.Dialect | None = None,
    time_column: str | None = None,
) -> ir.Table:
    """The features of a set at a moment, lazily.

    `tables` holds the raw events by source, `spec` is one entry of featuresets.json. `time_column` names the time of
    the events; without it the set's `stream.timestampField`, else `event_timestamp`. Columns come in the order of the
    contract's schema: entities, the timestamp column (`as_of`), features.
    """
    dialect = dialect or grammar.mounted()
    moment = _utc(as_of)
    features = features_of(spec, dialect)
    entities = [Entity(said["name"], said["type"]) for said in spec["entities"]]
    span = Span(_before(moment, max(feature.transform.window for feature in features)), moment)
    column = time_column or time_column_of(spec)

    by_source: dict[str, list[Feature]] = {}
    for feature in features:
        by_source.setdefault(feature.source, []).append(feature)
    parts = []
    for source, of_source in by_source.items():
        if source not in tables:
            place = of_source[0].transform.text
            raise TransformError(f"no events of source {source}", place, 0, len(place), f"one of {listed(tables)}")
        events = prepare(tables[source], of_source, entities, span, time_column=column, dialect=dialect)
        parts.append(_aggregated(events, of_source, len(entities), moment))
    joined = reduce(lambda left, right: _joined(left, right, len(entities)), parts)
    return _shaped(joined, spec, features, moment, dialect)


def time_column_of(spec: Mapping[str, Any]) -> str:
    """The column of the raw events that says when they happened."""
    return str(spec.get("stream", {}).get("timestampField") or DEFAULT_TIME_COLUMN)


def longest_window(spec: Mapping[str, Any], dialect: grammar.Dialect | None = None) -> timedelta:
    """How far back the set looks."""
    return max(feature.transform.window for feature in features_of(spec, dialect or grammar.mounted()))


def event_columns(spec: Mapping[str, Any], dialect: grammar.Dialect | None = None) -> dict[str, dict[str, str]]:
    """Columns that a set reads, by source: what each must be (a dtype, number, any). The event id is none of them."""
    dialect = dialect or grammar.mounted()
    found: dict[str, dict[str, str]] = {}
    for feature in features_of(spec, dialect):
        columns = found.setdefault(feature.source, {})
        wanted = feature.dtype if feature.function.takes == "same" else feature.function.takes
        column = feature.transform.column
        columns[column] = _narrower(columns.get(column, "any"), wanted)
    for columns in found.values():
        columns |= {entity["name"]: entity["type"] for entity in spec["entities"]}
        columns[time_column_of(spec)] = "timestamp"
    return found


def _narrower(one: str, other: str) -> str:
    """What a column must be that two features read: any gives way to number, and both to a dtype."""
    if "any" in (one, other):
        return other if one == "any" else one
    if "number" in (one, other):
        return other if one == "number" else one
    return one if one == other else "number"


def arrow_schema(spec: Mapping[str, Any], dialect: grammar.Dialect | None = None) -> pa.Schema:
    """The schema of the stored table, with the columns in the contract's order."""
    arrow = (dialect or grammar.mounted()).arrow
    keys = [pa.field(said["name"], arrow_type(arrow[said["type"]]), nullable=False) for said in spec["entities"]]
    stamp = pa.field(spec["timestampColumn"], arrow_type(arrow["timestamp"]), nullable=False)
    values = [pa.field(said["name"], arrow_type(arrow[said["dtype"]])) for said in spec["features"]]
    return pa.schema([*keys, stamp, *values])


def _aggregated(events: ir.Table, features: Sequence[Feature], keys: int, moment: datetime) -> ir.Table:
    carried = values_of(features)
    made: dict[str, ir.Value] = {}
    for feature in features:
        transform = feature.transform
        counted = (transform.column, True) in carried
        start = ibis.literal(_before(moment, transform.window), "timestamp('UTC')")
        made[feature.name] = aggregate(
            feature, events, carried[transform.column, counted], counted, events[AT] > start
        ).name(feature.name)
    return events.group_by([key(index) for index in range(keys)]).aggregate(**made)


def _joined(left: ir.Table, right: ir.Table, keys: int) -> ir.Table:
    """Both tables side by side; a key that only one has keeps its row."""
    names = [key(index) for index in range(keys)]
    both = left.outer_join(right, names, rname="right_{name}")
    whole = {name: ibis.coalesce(both[name], both[f"right_{name}"]) for name in names}
    rest = [column for column in both.columns if column not in names and column not in {f"right_{n}" for n in names}]
    return both.select(**whole, **{column: both[column] for column in rest})


def _shaped(
    table: ir.Table,
    spec: Mapping[str, Any],
    features: Sequence[Feature],
    moment: datetime,
    dialect: grammar.Dialect,
) -> ir.Table:
    """Names, order and types of the contract."""
    columns: dict[str, ir.Value] = {
        said["name"]: table[key(index)].cast(ibis_type(said["type"], dialect))
        for index, said in enumerate(spec["entities"])
    }
    columns[spec["timestampColumn"]] = ibis.literal(moment, "timestamp('UTC')").cast(ibis_type("timestamp", dialect))
    for feature in features:
        value = table[feature.name]
        if feature.function.empty is not None:
            value = value.fill_null(feature.function.empty)
        columns[feature.name] = fit(value, feature.dtype, dialect, f"feature {feature.name}")
    return table.select(**columns).order_by([said["name"] for said in spec["entities"]])


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"as_of must have a time zone, {moment.isoformat()} has none")
    return moment.astimezone(timezone.utc)


def _before(moment: datetime, window: timedelta) -> datetime:
    try:
        return moment - window
    except OverflowError:
        return BEGINNING
