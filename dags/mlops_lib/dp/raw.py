"""Raw events, file by file and batch by batch, in the types the contract needs.

A Parquet file says of what type a column is, and is taken at its word: a number written as text is a mistake of whoever
writes the events, not something to guess at. A CSV file says nothing, so its text is read as what is needed.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from mlops_lib.contract import FeatureSet
from mlops_lib.storage import MEBIBYTE, Object, Storage
from mlops_lib.transforms import EVENT_ID, event_columns

INSTANT = pa.timestamp("us", tz="UTC")
TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    # What is only counted is never calculated with.
    "any": pa.string(),
    "int32": pa.int64(),
    "int64": pa.int64(),
    "float": pa.float64(),
    "double": pa.float64(),
    "number": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": INSTANT,
}
NUMBERS = {"number", "int32", "int64", "float", "double"}
WHOLE = {"int32", "int64"}
CSV_BLOCK = 4 * MEBIBYTE


class RawDataError(Exception):
    """A file that is not as the contract needs it. The message names the file and the column."""


@dataclass(frozen=True)
class Columns:
    """What a set reads of one source. `wanted` is a dtype, "number" or "any" by column."""

    wanted: Mapping[str, str]
    entities: tuple[str, ...]
    time: str
    whole: frozenset[str]

    def type_of(self, column: str) -> pa.DataType:
        return pa.int64() if column in self.whole else TYPES[self.wanted[column]]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column, self.type_of(column)) for column in self.wanted])


def columns_of(feature_set: FeatureSet) -> dict[str, Columns]:
    """By source. The event id is in all of them; a file that has none gets nulls, which every event keeps."""
    from mlops_lib.transforms import parse

    dialect = feature_set.contract.dialect
    found = {}
    for source, wanted in event_columns(feature_set.spec, dialect).items():
        # Whole numbers stay whole where a feature is one; a double would round them beyond 2^53.
        whole = {
            parse(feature["transform"], dialect).column
            for feature in feature_set.features.values()
            if feature["source"] == source and feature["dtype"] in WHOLE
        }
        numbers = {column for column, kind in wanted.items() if kind in NUMBERS}
        found[source] = Columns(
            {EVENT_ID: "string"} | wanted,
            tuple(feature_set.entities),
            feature_set.time_column,
            frozenset(whole & numbers),
        )
    return found


def batches(storage: Storage, file: Object, columns: Columns, rows: int) -> Iterator[pa.RecordBatch]:
    """The needed columns of a file, in the needed types. Only what is needed is fetched, of Parquet."""
    if file.uri.endswith(".csv"):
        yield from _csv(storage, file, columns)
        return
    try:
        reader = pq.ParquetFile(storage.open(file), pre_buffer=True)
        present = reader.schema_arrow
        _complete(file, columns, present.names)
        for name in columns.wanted:
            if name in present.names:
                _fits(file, name, present.field(name).type, columns.wanted[name])
        chosen = [name for name in columns.wanted if name in present.names]
        for batch in reader.iter_batches(batch_size=rows, columns=chosen):
            yield _shaped(file, batch, columns)
    except pa.ArrowInvalid as error:
        raise RawDataError(f"{file.uri} is no whole Parquet file: {_first_line(error)}") from error


def usable(batch: pa.RecordBatch, columns: Columns) -> pa.RecordBatch:
    """Without events that belong to nobody or to no time."""
    keep = pc.is_valid(batch.column(columns.time))
    for entity in columns.entities:
        keep = pc.and_(keep, _has_key(batch.column(entity)))
    return batch.filter(keep)


def without_key(batch: pa.RecordBatch, columns: Columns) -> dict[str, int]:
    """How many events lack each of the columns without which they are no use."""
    lacking = {entity: batch.num_rows - _count(_has_key(batch.column(entity))) for entity in columns.entities}
    return {**lacking, columns.time: batch.column(columns.time).null_count}


def within(batch: pa.RecordBatch, columns: Columns, start: pa.Scalar, end: pa.Scalar) -> int:
    """How many events are after `start` and not after `end`."""
    time = batch.column(columns.time)
    return _count(pc.and_(pc.greater(time, start), pc.less_equal(time, end)))


def _has_key(column: pa.Array) -> pa.Array:
    valid = pc.is_valid(column)
    return pc.and_(valid, pc.fill_null(pc.not_equal(column, ""), False)) if pa.types.is_string(column.type) else valid


def _count(mask: pa.Array) -> int:
    return int(pc.sum(mask, min_count=0).as_py())


def _complete(file: Object, columns: Columns, present: list[str]) -> None:
    missing = [name for name in columns.wanted if name not in present and name != EVENT_ID]
    if missing:
        raise RawDataError(f"{file.uri} lacks the column {' and '.join(missing)}; it has {', '.join(present)}")


def _fits(file: Object, name: str, found: pa.DataType, wanted: str) -> None:
    types = pa.types
    if types.is_dictionary(found):
        found = found.value_type
    # A file all of whose values are null in a column may not know the column's type.
    fits = (
        types.is_null(found)
        or {
            "string": types.is_string(found) or types.is_large_string(found) or types.is_string_view(found),
            "any": not types.is_nested(found),
            "bool": types.is_boolean(found),
            "timestamp": types.is_timestamp(found) or types.is_string(found) or types.is_large_string(found),
            "number": types.is_integer(found)
            or types.is_floating(found)
            or types.is_decimal(found)
            or types.is_boolean(found),
        }["number" if wanted in NUMBERS else wanted]
    )
    if name == EVENT_ID:
        fits = not types.is_nested(found)
    if not fits:
        raise RawDataError(f"{file.uri}: column {name} is {found}, the contract needs {_article(wanted)}")


def _shaped(file: Object, batch: pa.RecordBatch, columns: Columns) -> pa.RecordBatch:
    arrays = []
    for name, wanted in columns.wanted.items():
        target = columns.type_of(name)
        if name not in batch.schema.names:
            arrays.append(pa.nulls(batch.num_rows, target))
            continue
        column = batch.column(name)
        try:
            arrays.append(_cast(column, target))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            # Arrow quotes the value, and a value may be personal: the type is enough to find it.
            raise RawDataError(
                f"{file.uri}: column {name} ({column.type}) holds a value that is not {_article(wanted)}"
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=columns.schema)


def _cast(column: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if target == INSTANT:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return _instants(column)
        # Finer than a microsecond is cut off; no zone is UTC.
        return column.cast(INSTANT, safe=False)
    if pa.types.is_floating(target) and pa.types.is_integer(column.type):
        # Beyond 2^53 a double is the nearest one; that is what a feature of type double is.
        return column.cast(target, safe=False)
    if pa.types.is_boolean(column.type) and pa.types.is_floating(target):
        return column.cast(pa.int8()).cast(target)
    return column.cast(target)


def _instants(column: pa.Array) -> pa.Array:
    # A value without a zone is UTC.
    zoned = pc.match_substring_regex(column, r"[T ].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)$")
    with_zone = pc.if_else(zoned, column, None).cast(INSTANT)
    without = pc.if_else(zoned, None, column).cast(pa.timestamp("us"))
    return pc.coalesce(with_zone, pc.assume_timezone(without, "UTC"))


def _csv(storage: Storage, file: Object, columns: Columns) -> Iterator[pa.RecordBatch]:
    present = _header(storage, file)
    _complete(file, columns, present)
    chosen = [name for name in columns.wanted if name in present]
    try:
        reader = pa.csv.open_csv(
            pa.PythonFile(io.BufferedReader(storage.open(file), CSV_BLOCK), mode="r"),
            read_options=pa.csv.ReadOptions(block_size=CSV_BLOCK, use_threads=False),
            convert_options=pa.csv.ConvertOptions(
                include_columns=chosen,
                column_types=dict.fromkeys(chosen, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
            ),
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        )
        for batch in reader:
            yield _shaped(file, batch, columns)
    except pa.ArrowInvalid as error:
        raise RawDataError(f"{file.uri} is no whole CSV file: {_first_line(error)}") from error


def _header(storage: Storage, file: Object) -> list[str]:
    start = storage.read_range(file, 0, min(file.size, MEBIBYTE))
    try:
        text = start.decode("utf-8-sig", errors="strict" if len(start) == file.size else "ignore")
    except UnicodeDecodeError as error:
        raise RawDataError(f"{file.uri} is not UTF-8") from error
    return next(csv.reader(io.StringIO(text)), [])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _article(wanted: str) -> str:
    return {"any": "a single value", "timestamp": "a time", "number": "a number"}.get(wanted, f"of type {wanted}")
