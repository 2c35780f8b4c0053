"""Tables that the library of the DAGs writes for a rendered contract, as they are and with defects.

Started with the Python of `.cache/dags`. Reads from standard input {"contract": folder, "defects": [{set, column, do,
to}]}, writes {"tables": {set: table}, "defects": [table]}. A table is its columns with their types as Arrow says them,
its rows as the JSON Schema sees them, and what the library's own checks find in it.
"""

from __future__ import annotations

import io
import json
import math
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import support
from memory_s3 import MemoryS3
from mlops_lib.contract import Contract, FeatureSet
from mlops_lib.dp.checks import Findings, feature_checks
from mlops_lib.dp.run import Platform
from mlops_lib.storage import Storage

BUCKET = "bucket"
SHOWN = 5  # rows of a table with a defect; all of one without


class Ranges(MemoryS3):
    """Parts of objects, too: raw events are read so."""

    def get_object(self, Bucket: str, Key: str, Range: str = "", **_: Any) -> Any:
        answer = super().get_object(Bucket, Key)
        if Range:
            first, _, last = Range.removeprefix("bytes=").partition("-")
            answer["Body"] = type(answer["Body"])(answer["Body"].read()[int(first) : int(last) + 1])
        return answer


def written(platform: Platform, name: str) -> pa.Table:
    """What is in S3 after a run."""
    summary = support.pipeline(platform, support.run_at(feature_set=name))
    raw, _ = platform.storage.read(summary["uri"])
    return pq.read_table(io.BytesIO(raw))


def planted(table: pa.Table, defect: dict[str, Any]) -> pa.Table:
    """The first row, or the column, is as it must not be."""
    name, to = defect["column"], defect.get("to")
    match defect["do"]:
        case "drop":
            return table.drop_columns([name])
        case "add":
            return table.append_column(name, pa.array([to] * table.num_rows))
        case "cast":
            kind = {"naive": pa.timestamp("us"), "milliseconds": pa.timestamp("ms", "UTC"), "day": pa.date32()}
            chosen = kind.get(str(to)) or pa.type_for_alias(str(to))
            return support.change_column(table, name, table.column(name).cast(chosen))
        case "last":
            return table.select([*(one for one in table.column_names if one != name), name])
        case _:
            values = [to, *table.column(name).to_pylist()[1:]]
            kind = pa.bool_() if to is True else table.schema.field(name).type
            return support.change_column(table, name, pa.array([to] * len(values) if to is True else values, kind))


def value(one: Any) -> Any:
    """As charts/feature-store/README.md says it of a row: times by RFC 3339, NaN as null."""
    if isinstance(one, float) and not math.isfinite(one):
        return None
    if isinstance(one, datetime):
        return one.isoformat()
    return one if one is None or isinstance(one, bool | int | float | str) else str(one)


def told(table: pa.Table, feature_set: FeatureSet, rows: int | None = None) -> dict[str, Any]:
    findings = Findings(feature_checks(feature_set), tuple(feature_set.entities))
    for batch in table.combine_chunks().to_batches():
        findings.check(batch)
    return {
        "columns": [[field.name, str(field.type)] for field in table.schema],
        "rows": [{name: value(one) for name, one in row.items()} for row in table.slice(0, rows).to_pylist()],
        "library": findings.reasons(),
    }


def main() -> None:
    asked = json.load(sys.stdin)
    contract = Contract.load(Path(asked["contract"]))
    settings = replace(support.settings(contract.folder, BUCKET), environment="dev")
    platform = Platform(settings, contract, Storage(Ranges({})))
    support.put_events(platform.storage, settings.raw_base, support.events())
    tables = {name: written(platform, name) for name in contract.names}
    defects = [
        told(planted(tables[one["set"]], one), contract.feature_set(one["set"]), SHOWN) for one in asked["defects"]
    ]
    plain = {name: told(table, contract.feature_set(name)) for name, table in tables.items()}
    json.dump({"tables": plain, "defects": defects}, sys.stdout, allow_nan=False)


if __name__ == "__main__":
    main()
