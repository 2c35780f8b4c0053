"""Raw events: Parquet and CSV files, local or on S3, read lazily and never held whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from mlops_lib.engines.backends import EngineError

PARQUET = ".parquet"
CSV = ".csv"
EVENT_ID = "event_id"

# A CSV has no types, and a guess would make the key "007" a 7. So everything is read as text and becomes what the
# contract wants of it, in the widest form: whether it fits is seen in the end.
CSV_TYPES: Mapping[str, dt.DataType] = {
    "any": dt.string,
    "bool": dt.boolean,
    "double": dt.float64,
    "float": dt.float64,
    "int32": dt.int64,
    "int64": dt.int64,
    "number": dt.float64,
    "string": dt.string,
    "timestamp": dt.Timestamp(timezone="UTC", scale=6),
}


def read_events(backend: Any, paths: Sequence[str], columns: Mapping[str, str], *, filesystem: Any = None) -> ir.Table:
    """The files as one table. Nothing is read before a query runs, and then only the columns it needs.

    `columns` is one source of `transforms.event_columns`; its types are for CSV. A file that lacks a column has nulls
    in it. DuckDB reads paths with a protocol (`s3://`) through `filesystem`, an fsspec filesystem, or through one made
    from the environment's credentials; Spark through its own connector (`s3a`), as its configuration says.
    """
    parquet = [str(path) for path in paths if str(path).endswith(PARQUET)]
    csv = [str(path) for path in paths if str(path).endswith(CSV)]
    if not paths:
        raise EngineError("there are no files to read")
    if len(parquet) + len(csv) < len(paths):
        other = next(path for path in paths if not str(path).endswith((PARQUET, CSV)))
        raise EngineError(f"cannot read {other}: raw events are {PARQUET} or {CSV}")

    read_parquet, read_csv = (_spark_parquet, _spark_csv) if backend.name == "pyspark" else (_parquet, _csv)
    if backend.name == "duckdb":
        _register(backend, [*parquet, *csv], filesystem)
    if not csv:
        return read_parquet(backend, parquet)
    texts = _typed(read_csv(backend, csv), columns)
    return _together(read_parquet(backend, parquet), texts) if parquet else texts


def _parquet(backend: Any, paths: Sequence[str]) -> ir.Table:
    return _relation(backend, backend.con.read_parquet(list(paths), union_by_name=True))


def _csv(backend: Any, paths: Sequence[str]) -> ir.Table:
    return _relation(backend, backend.con.read_csv(list(paths), union_by_name=True, all_varchar=True, header=True))


def _relation(backend: Any, relation: Any) -> ir.Table:
    """Not Ibis' own reading: of a path on S3 it makes a download of an extension, which is not needed here."""
    name = ibis.util.gen_name("events")
    relation.create_view(name)
    table: ir.Table = backend.table(name)
    return table


def _spark_parquet(backend: Any, paths: Sequence[str]) -> ir.Table:
    return _view(backend, _session(backend).read.option("mergeSchema", True).parquet(*_s3a(paths)))


def _spark_csv(backend: Any, paths: Sequence[str]) -> ir.Table:
    # One by one: Spark takes the columns of several files by their place, and calls it the header of the first.
    frames = [_session(backend).read.option("header", True).option("multiLine", True).csv(path) for path in _s3a(paths)]
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.unionByName(frame, allowMissingColumns=True)
    return _view(backend, whole)


def _session(backend: Any) -> Any:
    from pyspark.sql import SparkSession

    return SparkSession.active()


def _view(backend: Any, frame: Any) -> ir.Table:
    name = ibis.util.gen_name("events")
    frame.createOrReplaceTempView(name)
    table: ir.Table = backend.table(name)
    return table


def _s3a(paths: Sequence[str]) -> list[str]:
    return [f"s3a://{path.removeprefix('s3://')}" if path.startswith("s3://") else path for path in paths]


def _typed(table: ir.Table, columns: Mapping[str, str]) -> ir.Table:
    """The columns that are needed, as their types. An empty field is null."""
    wanted = {column: CSV_TYPES[kind] for column, kind in columns.items()} | {EVENT_ID: dt.string}
    return table.select(
        **{column: table[column].nullif("").cast(dtype) for column, dtype in wanted.items() if column in table.columns}
    )


def _together(table: ir.Table, texts: ir.Table) -> ir.Table:
    """Rows of both, with the types of the first."""
    more = {name: texts[name].type() for name in texts.columns if name not in table.columns}
    table = table.mutate(**{name: ibis.null(dtype) for name, dtype in more.items()})
    names = [name for name in table.columns if name in texts.columns]
    whole = {
        name: texts[name].cast(dtype) if name in names else ibis.null(dtype) for name, dtype in table.schema().items()
    }
    return table.union(texts.select(**whole))


def _register(backend: Any, paths: Sequence[str], filesystem: Any) -> None:
    """DuckDB's own S3 is an extension that would be downloaded; a filesystem of fsspec does the same from here."""
    for protocol in sorted({path.split("://", 1)[0] for path in paths if "://" in path} - {"file"}):
        if not backend.con.filesystem_is_registered(protocol):
            backend.con.register_filesystem(filesystem if filesystem is not None else _filesystem(protocol))


def _filesystem(protocol: str) -> Any:
    import fsspec

    # Parquet is read in places, not from the beginning: what lies between is not fetched.
    return fsspec.filesystem(protocol, default_cache_type="bytes", default_block_size=2**20)
