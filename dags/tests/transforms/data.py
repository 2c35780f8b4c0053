"""Raw events as files, the way the pipeline meets them, and what is made of them."""

from __future__ import annotations

import random
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from language import DIALECT

from mlops_lib import engines
from mlops_lib.transforms import arrow_schema, build_features, event_columns

AS_OF = datetime(2026, 1, 31, 2, 30, tzinfo=timezone.utc)
EVENTS = pa.schema(
    [
        ("user_id", pa.string()),
        ("shop_id", pa.int64()),
        ("event_id", pa.string()),
        ("event_timestamp", pa.timestamp("us", tz="UTC")),
        ("number", pa.float64()),
        ("whole", pa.int64()),
        ("word", pa.string()),
        ("flag", pa.bool_()),
        ("moment", pa.timestamp("us", tz="UTC")),
    ]
)


def table(rows: list[dict[str, Any]], schema: pa.Schema = EVENTS, without: tuple[str, ...] = ()) -> pa.Table:
    """Rows with nulls for what they leave out."""
    kept = pa.schema([field for field in schema if field.name not in without])
    return pa.table({field.name: pa.array([row.get(field.name) for row in rows], field.type) for field in kept})


def event(ago: timedelta = timedelta(hours=1), **values: Any) -> dict[str, Any]:
    return {"user_id": "a", "event_timestamp": AS_OF - ago, **values}


def spec(*features: str, keys: tuple[str, ...] = ("user_id",), **more: Any) -> dict[str, Any]:
    """A set from lines such as `int64 count(word) over window(7d)`; @source in front names another source."""
    made = []
    for index, line in enumerate(features):
        source, text = line[1:].split(" ", 1) if line.startswith("@") else ("events", line)
        dtype, transform = text.split(" ", 1)
        made.append({"name": f"f{index}", "dtype": dtype, "source": source, "transform": transform})
    types = {"user_id": "string", "shop_id": "int64"}
    return {
        "entities": [{"name": key, "type": types[key]} for key in keys],
        "timestampColumn": "event_timestamp",
        "features": made,
        **more,
    }


def build(
    backend: Any, said: dict[str, Any], as_of: datetime = AS_OF, time_column: str | None = None, **sources: pa.Table
) -> list[dict[str, Any]]:
    """The set's rows, by way of files."""
    with tempfile.TemporaryDirectory() as folder:
        tables = {}
        for source, events in sources.items():
            path = Path(folder) / f"{source}.parquet"
            pq.write_table(events, path)
            tables[source] = engines.read_events(backend, [str(path)], event_columns(said, DIALECT)[source])
        made = build_features(tables, said, as_of, dialect=DIALECT, time_column=time_column)
        schema = arrow_schema(said, DIALECT)
        whole = pa.Table.from_batches(engines.batches(backend, made, schema), schema)
    assert whole.schema == schema
    return list(whole.to_pylist())


def only(backend: Any, *rows: dict[str, Any], feature: str) -> Any:
    """The one value of one feature of one user."""
    (row,) = build(backend, spec(feature), events=table(list(rows)))
    return row["f0"]


def at_random(seed: int, count: int) -> list[dict[str, Any]]:
    """Events that crowd at the edges of windows, with nulls, repeated ids and ties."""
    chance = random.Random(seed)
    tick = timedelta(microseconds=1)
    edges = [timedelta(days=days) + step for days in (0, 1, 7) for step in (-tick, timedelta(0), tick)]

    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.15 else value

    return [
        {
            "user_id": chance.choice(["a", "b", "c", "é", "", None]),
            "shop_id": chance.choice([1, 2, -(2**63), None]),
            "event_id": maybe(f"id-{chance.randrange(count)}"),
            "event_timestamp": maybe(
                AS_OF
                - (chance.choice(edges) if chance.random() < 0.5 else timedelta(seconds=chance.randrange(900_000)))
            ),
            "number": maybe(
                chance.choice([0.0, -0.0, 1.5, -2.25, 1e15, float("nan"), float("inf"), chance.uniform(-9, 9)])
            ),
            "whole": maybe(chance.randrange(-(10**6), 10**6)),
            "word": maybe(chance.choice(["", "x", "y", "ß", "a long word that is not kept inline", "Z"])),
            "flag": maybe(chance.random() < 0.5),
            "moment": maybe(AS_OF - timedelta(microseconds=chance.randrange(10**12))),
        }
        for _ in range(count)
    ]
