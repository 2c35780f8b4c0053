"""What each function of the dialect means, as an Ibis expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir

from mlops_lib.transforms.errors import TransformError
from mlops_lib.transforms.events import AT, ID
from mlops_lib.transforms.features import Feature

Aggregate = Callable[[ir.Table, ir.Column, ir.BooleanValue], ir.Value]


def aggregate(feature: Feature, events: ir.Table, value: str, counted: bool, within: ir.BooleanValue) -> ir.Value:
    """The feature over the events for which `within` holds. `counted`: the column only says if there is a value."""
    made = MEANINGS.get(feature.function.name)
    if made is None:
        problem = (
            f"feature {feature.name}: the contract has the function {feature.function.name}, this library does not"
        )
        raise TransformError(problem, feature.transform.text, 0, len(feature.function.name), "a newer library")
    column = events[value]
    return made(events, column, within & (column if counted else column.notnull()))


def _count(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    return events.count(where=within)


def _count_distinct(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    return column.nunique(where=within)


def _sum(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    """Whole numbers are added in 38 digits, so that only the result has to fit, not what comes on the way."""
    if column.type().is_floating():
        return column.sum(where=within)
    if column.type().is_decimal():
        return column.sum(where=within)
    return _whole(column).cast("decimal(38, 0)").sum(where=within)


def _avg(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    return _whole(column).cast("float64").mean(where=within)


def _stddev(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    return _whole(column).cast("float64").std(how="sample", where=within)


def _min(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    return column.min(where=within)


def _max(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    return column.max(where=within)


def _last(events: ir.Table, column: ir.Column, within: ir.BooleanValue) -> ir.Value:
    """Ties are broken by event id, then by value: a second run over the same events gives the same answer."""
    ties: dict[str, ir.Value] = {"at": events[AT]}
    if ID in events.columns:
        # Engines differ on where null stands in an order; an empty text comes first on all.
        ties["id"] = ibis.coalesce(events[ID], "")
    ties["value"] = column
    return column.argmax(ibis.struct(ties), where=within)


def _whole(column: ir.Column) -> ir.Column:
    return column.cast("int32") if column.type().is_boolean() else column


MEANINGS: Mapping[str, Aggregate] = {
    "count": _count,
    "count_distinct": _count_distinct,
    "sum": _sum,
    "avg": _avg,
    "min": _min,
    "max": _max,
    "stddev": _stddev,
    "last": _last,
}
