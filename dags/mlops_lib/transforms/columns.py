"""Kinds of columns, and values that must fit the dtype they are declared with."""

from __future__ import annotations

import re

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis.formats.pyarrow import PyArrowType

from mlops_lib.transforms.errors import TransformError
from mlops_lib.transforms.grammar import Dialect

INSTANT = dt.Timestamp(timezone="UTC", scale=6)
LARGEST_FLOAT = 3.4028234663852886e38
LARGEST_DOUBLE = 1.7976931348623157e308
INTEGERS = {"int32": 32, "int64": 64}

_TIMESTAMP = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=([^\]]+))?\]")


def arrow_type(name: str) -> pa.DataType:
    """The Arrow type that the dialect names: `int64`, `timestamp[us, tz=UTC]`."""
    stamp = _TIMESTAMP.fullmatch(name)
    return pa.timestamp(stamp[1], tz=stamp[2]) if stamp else pa.type_for_alias(name)


def ibis_type(dtype: str, dialect: Dialect) -> dt.DataType:
    """The Ibis type of a dtype of the contract."""
    found: dt.DataType = PyArrowType.to_ibis(arrow_type(dialect.arrow[dtype]))
    return found


def kind(dtype: dt.DataType) -> str:
    """number, bool, string, timestamp, or the type's own name for what no feature can be."""
    if dtype.is_numeric() and not dtype.is_boolean():
        return "number"
    if dtype.is_boolean():
        return "bool"
    if dtype.is_string():
        return "string"
    if dtype.is_timestamp():
        return "timestamp"
    return str(dtype)


def instant(column: ir.Column, text: str) -> ir.Column:
    """A point in time, in microseconds. What has no time zone is UTC."""
    dtype = column.type()
    if dtype.is_timestamp() or dtype.is_string():
        # Engines of this library run with UTC as the session's zone, so a cast of a naive value means UTC.
        return column.cast(INSTANT)
    raise TransformError(
        f"column {text} is {dtype}, not a time: write timestamps, or text in ISO 8601", text, 0, len(text)
    )


def finite(column: ir.Column) -> ir.Column:
    """NaN and infinities are no measurements: null."""
    if not column.type().is_floating():
        return column
    wide = column.cast("float64")
    # Only of a number is the difference to itself zero. isnan and comparisons will not do: the statistics of a Parquet
    # file leave NaN out, and DuckDB drops a condition that by them always holds; Ibis' isinf finds none on Spark.
    usable = (wide - wide) == 0.0
    return ibis.ifelse(usable, wide, ibis.null("float64"))


def fit(value: ir.Value, dtype: str, dialect: Dialect, what: str) -> ir.Value:
    """The value as its dtype. A number that the dtype cannot hold stops the query; it is never wrapped or rounded away.

    An engine has no function that fails. But a text that is no number cannot be cast to one, and the engine's complaint
    quotes the text: so the text is the message.
    """
    target = ibis_type(dtype, dialect)
    if kind(target) != "number":
        return value.cast(target)
    holds = _holds(value, dtype)
    message = ibis.literal(f"{what}: ") + value.cast("string") + ibis.literal(f" does not fit {dtype}")
    # The failing branch has the target's type; only what does not hold is ever evaluated in it.
    return ibis.ifelse(
        holds | value.isnull(), ibis.ifelse(holds, value, ibis.null(value.type())).cast(target), message.cast(target)
    )


def _holds(value: ir.Value, dtype: str) -> ir.BooleanValue:
    if dtype not in INTEGERS:
        largest = LARGEST_FLOAT if dtype == "float" else LARGEST_DOUBLE
        wide = value.cast("float64")
        return (wide >= -largest) & (wide <= largest)
    bits = INTEGERS[dtype]
    if value.type().is_floating():
        # 2^63 is a float, the largest int64 is none: so the upper end is compared as less than.
        end = float(2 ** (bits - 1))
        return (value >= -end) & (value < end) & (value == value.floor())
    wide = value.cast("decimal(38, 0)")
    exact = wide.cast(value.type()) == value if value.type().is_decimal() else ibis.literal(True)
    low = ibis.literal(str(-(2 ** (bits - 1)))).cast("decimal(38, 0)")
    high = ibis.literal(str(2 ** (bits - 1) - 1)).cast("decimal(38, 0)")
    return (wide >= low) & (wide <= high) & exact
