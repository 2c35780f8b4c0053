"""Contract, schedules, profiles, checks and raw files, each for itself."""

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import support
from conftest import World
from hypothesis import given, settings
from hypothesis import strategies as st
from support import END, SEOUL, SET

from mlops_lib.contract import Contract
from mlops_lib.dp import raw
from mlops_lib.dp.profile import by_chance, profile, psi
from mlops_lib.errors import ConflictError, ContractError
from mlops_lib.schedules import last_interval, pipelines
from mlops_lib.storage import Storage
from mlops_lib.versions import stamp

# --- contract


def test_a_mount_of_two_versions_is_found(tmp_path: Path) -> None:
    support.write_contract(tmp_path)
    schema = tmp_path / f"{SET}.schema.json"
    schema.write_bytes(schema.read_bytes() + b" ")
    with pytest.raises(ContractError, match="the mounted contract is of two versions"):
        Contract.load(tmp_path).feature_set(SET)


def test_no_mount_says_which_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="ConfigMap feature-store-resources"):
        Contract.load(tmp_path)


def test_an_unknown_set_is_answered_with_the_known(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="user-churn-features, user-features"):
        support.write_contract(tmp_path).feature_set("other")


def test_a_template_that_wants_more_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="wants what this pipeline does not know: as_of, contract_hash"):
        support.write_contract(tmp_path).metadata(feature_set=SET)


def test_the_contract_as_the_chart_renders_it(tmp_path: Path) -> None:
    import yaml

    presync = support.REPOSITORY / ".venv" / "bin" / "presync"
    if not presync.exists():
        pytest.skip("presync is not installed (make check): the rendered contract was NOT read")
    done = subprocess.run(
        [presync, "-C", support.REPOSITORY, "render", "feature-store-dev"], capture_output=True, check=True, timeout=120
    )
    [resources] = [
        document["data"]
        for document in yaml.safe_load_all(done.stdout)
        if document and document["metadata"]["name"] == "feature-store-resources"
    ]
    for file, text in resources.items():
        (tmp_path / file).write_bytes(text.encode())
    contract = Contract.load(tmp_path)
    for name in contract.names:
        feature_set = contract.feature_set(name)
        schema = json.loads(feature_set.schema_file)
        assert feature_set.arrow_schema.names == schema["x-feature-set"]["columns"]
        assert raw.columns_of(feature_set)
    values = (
        "feature_set version schema_hash contract_hash feature_uri as_of generated_at source pipeline row_count files"
    )
    assert json.loads(contract.metadata(**dict.fromkeys(values.split(), 1), profile={}))["as_of"] == 1


# --- schedules


def test_sets_with_another_schedule_have_their_own_dag(tmp_path: Path) -> None:
    def change(sets: dict[str, Any]) -> None:
        sets["hourly-set"] = {**sets[SET], "batchSchedule": "0 * * * *"}
        sets["early-set"] = {**sets[SET], "batchSchedule": "30 1 * * *"}

    found = pipelines(support.write_contract(tmp_path, change), "prod")
    assert [(each.dag_id, each.schedule, each.feature_sets) for each in found] == [
        ("data_pipeline_daily_prod", "0 2 * * *", ("user-churn-features", SET)),
        ("data_pipeline_early_set_prod", "30 1 * * *", ("early-set",)),
        ("data_pipeline_hourly_set_prod", "0 * * * *", ("hourly-set",)),
    ]


@pytest.mark.parametrize("moment", ["2026-11-21T17:00:00", "2026-11-21T17:00:01", "2026-11-22T16:59:59"])
def test_a_run_without_an_interval_is_for_the_last_one(moment: str) -> None:
    start, end = last_interval("0 2 * * *", SEOUL, datetime.fromisoformat(moment).replace(tzinfo=timezone.utc))
    assert (start, end) == (END - support.DAY, END)
    assert stamp(end.astimezone(SEOUL)) == support.VERSION


# --- profile


def table(values: Any, tmp_path: Path, dtype: str = "double") -> tuple[Path, Any]:
    def one(sets: dict[str, Any]) -> None:
        transform = "last(x) over window(1d)"
        sets[SET]["features"] = [{"name": "x", "dtype": dtype, "source": "s", "transform": transform, "nullable": True}]

    contract = support.write_contract(tmp_path / "contract", one)
    feature_set = contract.feature_set(SET)
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"x": pa.array(values, feature_set.arrow_schema.field("x").type)}), path)
    return path, feature_set


def moved(before: Any, after: Any, tmp_path: Path, dtype: str = "double") -> tuple[float, float]:
    path, feature_set = table(before, tmp_path, dtype)
    old, _, _ = profile(path, feature_set, END)
    old = json.loads(json.dumps(old, allow_nan=False))
    path, _ = table(after, tmp_path, dtype)
    _, drift, noise = profile(path, feature_set, END, old)
    return drift["x"], noise["x"]


def test_the_same_data_has_not_moved(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=5000)
    assert moved(values, values, tmp_path)[0] == 0
    assert moved(values, np.random.default_rng(1).normal(size=5000), tmp_path)[0] < 0.02


@pytest.mark.parametrize(
    ("before", "after", "dtype"),
    [
        pytest.param([3] * 500, [2] * 500, "int64", id="a constant that falls"),
        pytest.param([3] * 500, [4] * 500, "int64", id="a constant that rises"),
        pytest.param([0, 1] * 300, [0] * 540 + [1] * 60, "int64", id="two numbers"),
        pytest.param([True, False] * 300, [True] * 540 + [False] * 60, "bool", id="true and false"),
        pytest.param(["a", "b"] * 300, ["a", "c"] * 300, "string", id="a new text"),
        pytest.param(list(np.linspace(0, 1, 600)), list(np.linspace(0.5, 1.5, 600)), "double", id="shifted"),
        pytest.param(list(np.linspace(0, 1, 600)), list(np.linspace(0, 0.5, 600)), "double", id="narrower"),
    ],
)
def test_what_has_moved_is_seen(before: Any, after: Any, dtype: str, tmp_path: Path) -> None:
    drift, noise = moved(before, after, tmp_path, dtype)
    assert drift > 0.25
    assert drift > noise


def test_moments_are_compared_by_their_age(tmp_path: Path) -> None:
    day = [END - support.DAY * (index % 40) for index in range(400)]
    path, feature_set = table(day, tmp_path, "timestamp")
    old, _, _ = profile(path, feature_set, END)
    path, _ = table([moment + support.DAY for moment in day], tmp_path, "timestamp")
    _, drift, _ = profile(path, feature_set, END + support.DAY, old)
    assert drift["x"] == 0


@pytest.mark.parametrize("rows", [30, 200, 2000])
def test_chance_alone_is_no_drift(rows: int, tmp_path: Path) -> None:
    random = np.random.default_rng(rows)
    for values in (lambda: random.poisson(6, rows), lambda: random.gamma(2, 20, rows)):
        drift, noise = moved(values(), values(), tmp_path)
        assert drift <= max(0.1, noise)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=12))
def test_psi_is_a_distance(pairs: list[tuple[int, int]]) -> None:
    before, now = [left for left, _ in pairs], [right for _, right in pairs]
    if not sum(before) or not sum(now):
        return
    assert psi(before, now) >= 0
    assert psi(before, now) == pytest.approx(psi(now, before))
    assert psi(before, before) == 0
    assert by_chance(before, now) > 0


def test_an_empty_or_null_column_has_a_profile(tmp_path: Path) -> None:
    path, feature_set = table([None, None], tmp_path)
    found, _, _ = profile(path, feature_set, END)
    assert found["x"]["null_ratio"] == 1.0
    assert profile(path, feature_set, END, found)[1] == {}


# --- raw files


def columns() -> raw.Columns:
    wanted = {
        "event_id": "string",
        "user_id": "string",
        "time": "timestamp",
        "amount": "number",
        "n": "int64",
        "any": "any",
    }
    return raw.Columns(wanted, ("user_id",), "time", frozenset({"n"}))


def read(world: World, name: str, data: bytes) -> pa.Table:
    storage = Storage(world.admin.client)
    storage.write(f"{world.raw_base}/{name}", data)
    [file] = [entry for entry in storage.list(world.raw_base) if entry.uri.endswith(name)]
    return pa.Table.from_batches(raw.batches(storage, file, columns(), 100), columns().schema)


def test_csv_is_read_as_what_is_needed(world: World) -> None:
    text = (
        "user_id,time,amount,n,any,more\n"
        "007,2026-11-21T10:00:00Z,1.5,3,x,\n"
        '008,2026-11-21 19:00:00+09:00,,4,"a ""b"", c",y\n'
        ",2026-11-21T10:00:00,2,,,\n"
    )
    rows = read(world, "a.csv", b"\xef\xbb\xbf" + text.encode()).to_pylist()
    assert [row["user_id"] for row in rows] == ["007", "008", None]
    assert {row["time"] for row in rows} == {datetime(2026, 11, 21, 10, tzinfo=timezone.utc)}
    assert [row["amount"] for row in rows] == [1.5, None, 2.0]
    assert [row["n"] for row in rows] == [3, 4, None]
    assert rows[1]["any"] == 'a "b", c'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("user_id,time,amount,n,any\na,2026-11-21,many,1,x\n", "column amount .* holds a value that is not a number"),
        ("user_id,time,amount,n,any\na,yesterday,1,1,x\n", "column time .* holds a value that is not a time"),
        ("user_id,time,amount,n,any\na,2026-11-21,1,1.5,x\n", "column n .* is not of type int64"),
        ("user_id,time\na,2026-11-21\n", "lacks the column amount and n and any; it has user_id, time"),
        ("user_id,time,amount,n,any\na,b\n", "is no whole CSV file"),
    ],
)
def test_csv_that_does_not_fit(world: World, text: str, says: str) -> None:
    with pytest.raises(raw.RawDataError, match=says):
        read(world, "a.csv", text.encode())


def test_parquet_is_taken_at_its_word(world: World) -> None:
    moment = datetime(2026, 11, 21, 10)
    good = {
        "user_id": pa.array(["a", "a"]).dictionary_encode(),
        "time": pa.array([moment, moment], pa.timestamp("ns")),
        "amount": pa.array([True, None]),
        "n": pa.array([1, 2], pa.int16()),
        "any": pa.array([1.5, 2.5]),
    }
    assert read(world, "a.parquet", _bytes(pa.table(good))).column("amount").to_pylist() == [1.0, None]
    with pytest.raises(raw.RawDataError, match="column user_id is int64, the contract needs of type string"):
        read(world, "b.parquet", _bytes(pa.table({**good, "user_id": pa.array([1, 2])})))
    with pytest.raises(raw.RawDataError, match="is no whole Parquet file"):
        read(world, "c.parquet", _bytes(pa.table(good))[:-20])


def _bytes(of: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(of, sink)
    return sink.getvalue().to_pybytes()


# --- storage


def test_large_objects_go_up_in_parts_and_keep_their_condition(world: World, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 4096 * 6)
    uri = f"s3://{world.bucket}/features/feature-store/large"
    storage = Storage(world.s3.client(keys=world.keys), single=1024, part=5 * 1024 * 1024)
    storage.write(uri, path, absent=True, metadata={"feature-version": "v"})
    assert storage.head(uri).metadata == {"feature-version": "v"}
    assert storage.read(uri)[0] == path.read_bytes()
    with pytest.raises(ConflictError):
        storage.write(uri, path, absent=True)
    # moto 5.2 does not know If-Match here, S3 does.
    assert not world.admin.client.list_multipart_uploads(Bucket=world.bucket).get("Uploads")


def test_the_memory_store_of_the_sweeps_answers_as_s3_does(world: World) -> None:
    from memory_s3 import MemoryS3

    def ask(storage: Storage) -> list[Any]:
        uri = f"s3://{world.bucket}/features/feature-store/a/b"
        answers: list[Any] = []

        def note(work: Any) -> None:
            try:
                answers.append(work())
            except (ConflictError, FileNotFoundError) as error:
                answers.append(type(error))

        note(lambda: storage.head(uri))
        note(lambda: storage.read(uri))
        note(lambda: storage.write(uri, b"1", match='"0"'))
        note(lambda: storage.write(uri, b"1", absent=True, metadata={"k": "v"}))
        note(lambda: storage.write(uri, b"2", absent=True))
        note(lambda: storage.write(uri, b"2", match='"0"'))
        note(lambda: storage.head(uri))
        note(lambda: storage.write(uri, b"2", match=storage.head(uri).etag))
        note(lambda: storage.read(uri))
        note(lambda: list(storage.list(uri.rsplit("/", 1)[0])))
        note(lambda: list(storage.folders(uri.rsplit("/", 2)[0])))
        storage.delete(uri)
        note(lambda: storage.head(uri))
        return answers

    assert ask(Storage(MemoryS3({}))) == ask(world.admin)


# --- the library stays importable


def test_the_dag_processor_loads_nothing_heavy() -> None:
    """What a DAG file imports, without Airflow: not pandas, not pandera, not Ibis, not boto3."""
    script = (
        "import sys, mlops_lib.contract, mlops_lib.schedules, mlops_lib.settings, mlops_lib.slack, mlops_lib.dp.run\n"
        "print(sorted({'pandas', 'pandera', 'ibis', 'boto3', 'pyarrow', 'duckdb', 'airflow'} & set(sys.modules)))"
    )
    folder = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
