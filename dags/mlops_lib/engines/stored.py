"""The result of a query, written batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import sqlglot

ROWS = 65_536


def batches(backend: Any, table: ir.Table, schema: pa.Schema, rows: int = ROWS) -> Iterator[pa.RecordBatch]:
    """The rows of a query with exactly this schema. One batch is held at a time."""
    with _reader(backend, table, rows) as reader:
        for batch in reader:
            if batch.num_rows:
                yield batch.select(schema.names).cast(schema)


def write(
    backend: Any,
    table: ir.Table,
    schema: pa.Schema,
    parquet: Path | str,
    *,
    csv: Path | str | None = None,
    rows: int = ROWS,
) -> int:
    """Runs the query once; writes its rows to a Parquet file, and to a CSV file if one is named. Gives their number."""
    written = 0
    lines = pa.csv.CSVWriter(csv, schema) if csv else None
    try:
        with pa.parquet.ParquetWriter(parquet, schema, compression="zstd") as columns:
            for batch in batches(backend, table, schema, rows):
                columns.write_batch(batch)
                if lines:
                    lines.write_batch(batch)
                written += batch.num_rows
    finally:
        if lines:
            lines.close()
    return written


def _reader(backend: Any, table: ir.Table, rows: int) -> pa.RecordBatchReader:
    if backend.name == "duckdb":
        # Not Ibis' own to_pyarrow_batches: Ibis 12 calls a method that DuckDB 2 no longer has.
        return backend.con.sql(_inlined(backend.compile(table))).to_arrow_reader(rows)
    return backend.to_pyarrow_batches(table, chunk_size=rows)


def _inlined(sql: str) -> str:
    """The query with its common tables computed where they are used.

    DuckDB would keep each whole, because several places read it. Here that is all events, and to read the few columns
    of them that a place needs once more is much cheaper.
    """
    query = sqlglot.parse_one(sql, dialect="duckdb")
    for table in query.find_all(sqlglot.exp.CTE):
        table.set("materialized", False)
    return query.sql(dialect="duckdb")
