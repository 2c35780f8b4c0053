"""Engines: limits, raw files of every kind, S3, and the result in batches."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import AS_OF, event, spec, table
from language import DIALECT, ROOT

from mlops_lib import engines
from mlops_lib.engines import backends
from mlops_lib.transforms import arrow_schema, build_features, event_columns

SAID = spec(
    "int64 count(word) over window(1d)", "double sum(number) over window(1d)", "string last(word) over window(1d)"
)
COLUMNS = event_columns(SAID, DIALECT)["events"]
CSV = """\
user_id,event_id,event_timestamp,number,word,more
007,1,2026-01-31T01:00:00Z,1.5,x,a
007,1,2026-01-31T01:00:00Z,1.5,x,a
007,2,2026-01-31 02:00:00,,"y, with a comma",
8,3,2026-01-31T10:00:00+09:00,2,,
"""


def built(backend: Any, *paths: str, **options: Any) -> list[tuple[Any, ...]]:
    events = engines.read_events(backend, list(paths), COLUMNS, **options)
    made = build_features({"events": events}, SAID, AS_OF, dialect=DIALECT)
    schema = arrow_schema(SAID, DIALECT)
    found = pa.Table.from_batches(engines.batches(backend, made, schema), schema).to_pylist()
    return [(row["user_id"], row["f0"], row["f1"], row["f2"]) for row in found]


def test_csv(backend: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    assert built(backend, str(tmp_path / "a.csv")) == [("007", 2, 1.5, "y, with a comma"), ("8", 0, 2.0, None)]


def test_csv_files_with_other_columns(backend: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "b.csv").write_text("word,user_id,event_timestamp\nz,007,2026-01-31T02:15:00Z\n", encoding="utf-8")
    found = built(backend, str(tmp_path / "a.csv"), str(tmp_path / "b.csv"))
    assert found == [("007", 3, 1.5, "z"), ("8", 0, 2.0, None)]


def test_parquet_and_csv_together(backend: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    pq.write_table(table([event(user_id="8", event_id="9", word="w", number=1.0)]), tmp_path / "b.parquet")
    found = built(backend, str(tmp_path / "a.csv"), str(tmp_path / "b.parquet"))
    assert found == [("007", 2, 1.5, "y, with a comma"), ("8", 1, 3.0, "w")]


def test_parquet_files_with_other_columns(backend: Any, tmp_path: Path) -> None:
    pq.write_table(table([event(word="x", number=1.0)]), tmp_path / "a.parquet")
    pq.write_table(table([event(word="y")], without=("number",)), tmp_path / "b.parquet")
    found = built(backend, str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet"))
    assert found == [("a", 2, 1.0, "y")]


@pytest.mark.parametrize(
    ("paths", "message"),
    [([], "no files"), (["a.json"], "cannot read a.json"), (["a.csv", "b.txt"], "cannot read b.txt")],
)
def test_files_it_cannot_read(duckdb: Any, paths: list[str], message: str) -> None:
    with pytest.raises(engines.EngineError, match=message):
        engines.read_events(duckdb, paths, COLUMNS)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """A filesystem of a real S3 server with one bucket."""
    pytest.importorskip("moto", reason="NOT TESTED ON S3: moto[server] is not installed")
    s3fs = pytest.importorskip("s3fs", reason="NOT TESTED ON S3: s3fs is not installed")
    # A process of its own: what moto knows of users and rights is global, and other tests turn enforcement on.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        filesystem = s3fs.S3FileSystem(
            key="key",
            secret="none",
            endpoint_url=f"http://127.0.0.1:{port}",
            client_kwargs={"region_name": "ap-northeast-2"},
        )
        filesystem.mkdir("raw")
        yield filesystem
    finally:
        server.terminate()
        server.wait()


def test_s3(bucket: Any, tmp_path: Path) -> None:
    with bucket.open("raw/a.parquet", "wb") as file:
        pq.write_table(table([event(word="x", number=1.0)]), file)
    with bucket.open("raw/b.csv", "wb") as file:
        file.write(CSV.encode())
    backend = engines.connect("duckdb", "256MiB", tmp_path)
    found = built(backend, "s3://raw/a.parquet", "s3://raw/b.csv", filesystem=bucket)
    assert found == [("007", 2, 1.5, "y, with a comma"), ("8", 0, 2.0, None), ("a", 1, 1.0, "x")]


def test_writes_parquet_and_csv_in_one_go(duckdb: Any, tmp_path: Path) -> None:
    rows = [event(user_id=f"u{index:05}", word="x", number=float(index)) for index in range(5000)]
    pq.write_table(table(rows), tmp_path / "a.parquet")
    events = engines.read_events(duckdb, [str(tmp_path / "a.parquet")], COLUMNS)
    made = build_features({"events": events}, SAID, AS_OF, dialect=DIALECT)
    schema = arrow_schema(SAID, DIALECT)
    written = engines.write(duckdb, made, schema, tmp_path / "out.parquet", csv=tmp_path / "out.csv", rows=1000)
    stored = pq.ParquetFile(tmp_path / "out.parquet")
    assert written == stored.metadata.num_rows == 5000
    assert stored.schema_arrow == schema
    assert stored.metadata.num_row_groups > 1
    keys = stored.read()["user_id"].to_pylist()
    assert keys == sorted(keys)
    assert len((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()) == 5001


def test_duckdb_is_bounded_and_stays_offline(tmp_path: Path) -> None:
    backend = engines.connect("duckdb", "256MiB", tmp_path / "spill", threads=1)
    (found,) = backend.con.sql(
        "SELECT current_setting('memory_limit'), current_setting('temp_directory'), current_setting('threads'),"
        " current_setting('TimeZone'), current_setting('autoinstall_known_extensions')"
    ).fetchall()
    assert found == ("256.0 MiB", str(tmp_path / "spill"), 1, "UTC", False)


def test_memory_is_a_share_of_the_container_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(backends, "CGROUP_LIMIT", limit)
    assert backends._share_of_container() == backends.MEMORY_WITHOUT_LIMIT
    limit.write_text("max\n", encoding="ascii")
    assert backends._share_of_container() == backends.MEMORY_WITHOUT_LIMIT
    limit.write_text(f"{2**30}\n", encoding="ascii")
    assert backends._share_of_container() == "409MiB"


def test_unknown_engine() -> None:
    with pytest.raises(engines.EngineError, match="known are duckdb, spark"):
        engines.connect("dask")


def test_a_session_in_another_zone(tmp_path: Path) -> None:
    """The zone of the process does not move a time without a zone."""
    events = pa.table({"user_id": ["a"], "event_timestamp": [datetime(2026, 1, 31, 2, 30)]})
    pq.write_table(events, tmp_path / "a.parquet")
    program = f"""
import json, sys
sys.path[:0] = [{str(ROOT / "dags")!r}, {str(Path(__file__).parent)!r}]
from data import AS_OF, spec
from language import DIALECT
from mlops_lib import engines
from mlops_lib.transforms import build_features
backend = engines.connect("duckdb", "256MiB", {str(tmp_path)!r})
events = engines.read_events(backend, [{str(tmp_path / "a.parquet")!r}], {{}})
made = build_features({{"events": events}}, spec("int64 count(user_id) over window(1s)"), AS_OF, dialect=DIALECT)
print(json.dumps(backend.to_pyarrow(made)["f0"].to_pylist()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TZ": "Asia/Seoul"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert json.loads(done.stdout or "null") == [1], done.stderr
    assert AS_OF.tzinfo is timezone.utc
