"""The whole pipeline against S3 with enforced IAM, without Airflow."""

import json

import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import support
from conftest import World
from support import DAY, END, SET, VERSION, pipeline, run_at

from mlops_lib.versions import FILES


def test_five_steps_store_a_version_and_latest(with_events: World) -> None:
    world = with_events
    summary = pipeline(world.platform(), run_at())
    base = f"s3://{world.bucket}/features/feature-store/{SET}"
    assert summary["version"] == summary["latest"] == VERSION
    assert summary["prefix"] == f"{base}/{VERSION}/"
    assert summary["uri"] == f"{base}/{VERSION}/features.parquet"
    four = [*sorted(FILES), "metadata.json"]
    assert sorted(support.objects(world.admin, base)) == sorted(f"{d}/{f}" for d in ("latest", VERSION) for f in four)
    support.assert_whole(world.latest(), VERSION)
    # What was staged is gone.
    assert not list(world.admin.list(f"s3://{world.bucket}/features/feature-store/_staging"))


def test_what_is_stored_agrees_with_the_contract(with_events: World, tmp_path) -> None:
    world = with_events
    pipeline(world.platform(), run_at())
    folder = world.latest()
    version = folder.current()
    feature_set = world.contract.feature_set(SET)
    parquet = folder.fetch(version, "features.parquet", tmp_path / "a.parquet")
    table = pq.read_table(parquet)
    assert table.schema.remove_metadata() == feature_set.arrow_schema.remove_metadata()
    assert table.schema.metadata[b"as_of"] == END.isoformat().encode()
    assert table.num_rows == version.metadata["row_count"] == 300
    assert table.column("user_id").to_pylist() == sorted(table.column("user_id").to_pylist())
    assert set(table.column("event_timestamp").to_pylist()) == {END}
    csv = pyarrow.csv.read_csv(folder.fetch(version, "features.csv", tmp_path / "a.csv"))
    assert csv.column_names == table.column_names
    assert csv.column("events_7d").to_pylist() == table.column("events_7d").to_pylist()
    assert world.admin.read(folder.at(VERSION, "schema.json"))[0] == feature_set.schema_file
    metadata = version.metadata
    assert metadata["schema_hash"] == feature_set.schema_hash
    assert metadata["contract_hash"] == world.contract.hash
    assert metadata["generated_at"].endswith("+09:00")
    assert metadata["pipeline"] == {"dag_id": "data_pipeline_daily_dev", "run_id": "scheduled"}
    assert metadata["source"][-1] == f"{world.raw_base}/online_events/dt=2026-11-21/"
    assert set(metadata["profile"]) == set(feature_set.features)


def test_both_sets_of_the_contract_are_built(with_events: World) -> None:
    summary = pipeline(with_events.platform(), run_at(feature_set="user-churn-features"))
    assert summary["row_count"] == 300
    support.assert_whole(with_events.latest("user-churn-features"), VERSION)


def test_csv_gives_the_same_table_as_parquet(world: World, events) -> None:
    support.put_events(world.admin, world.raw_base, events)
    pipeline(world.platform(), run_at())
    first = world.latest().current().metadata
    world.bucket = world.s3.bucket()
    world.s3.allow(
        world.name, "more", {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{world.bucket}*"}
    )
    support.put_events(world.admin, world.raw_base, events, csv=True)
    pipeline(world.platform(), run_at())
    assert world.latest().current().metadata["profile"] == first["profile"]


def test_the_next_day_moves_latest_and_is_compared_with_the_day_before(with_events: World, gateway) -> None:
    world = with_events
    pipeline(world.platform(), run_at())
    before = support.objects(world.admin, world.latest().uri)
    summary = pipeline(world.platform(), run_at(END + DAY))
    assert summary["latest"] == "v_20261123T020000"
    support.assert_whole(world.latest(), "v_20261123T020000")
    after = support.objects(world.admin, world.latest().uri)
    assert {k: v for k, v in after.items() if k.startswith(VERSION)} == {
        k: v for k, v in before.items() if k.startswith(VERSION)
    }, "an earlier version has changed"
    path, pushed = gateway.received[-1]
    assert path == "/metrics/job/data_pipeline/feature_set/user-features"
    assert 'feature_set_drift_psi{feature="events_7d",feature_set="user-features"}' in pushed
    assert "feature_set_last_success_timestamp_seconds" in pushed
    assert 'feature_set_rows{feature_set="user-features"} 300.0' in pushed
    assert "feature_set_drift_psi" not in gateway.received[0][1], "the first version has nothing to drift from"


def test_the_same_run_again_changes_nothing(with_events: World) -> None:
    world = with_events
    pipeline(world.platform(), run_at())
    before = support.objects(world.admin, world.latest().uri)
    assert pipeline(world.platform(), run_at())["version"] == VERSION
    assert support.objects(world.admin, world.latest().uri) == before


def test_late_events_make_a_second_version_of_the_interval(with_events: World) -> None:
    world = with_events
    pipeline(world.platform(), run_at())
    late = support.events(days=1, users=100, end=END, seed=2)
    world.admin.write(f"{world.raw_base}/online_events/dt=2026-11-21/late.parquet", _parquet(late))
    summary = pipeline(world.platform(), run_at(run_id="again"))
    assert summary["version"] == "v_20261122T020001"
    support.assert_whole(world.latest(), "v_20261122T020001")
    assert [version.name for version in world.latest().versions()] == ["v_20261122T020001", VERSION]


def test_a_backfill_stores_its_version_and_leaves_latest(with_events: World, gateway) -> None:
    world = with_events
    pipeline(world.platform(), run_at(END + DAY))
    pushed = len(gateway.received)
    summary = pipeline(world.platform(), run_at(END, run_id="backfill"))
    assert summary["version"] == VERSION
    assert summary["latest"] == "v_20261123T020000"
    support.assert_whole(world.latest(), "v_20261123T020000")
    assert len(gateway.received) == pushed, "freshness is that of latest/"


def test_a_dead_pushgateway_is_logged_and_nothing_else(with_events: World, caplog) -> None:
    with_events.pushgateway = "http://127.0.0.1:9"
    assert pipeline(with_events.platform(), run_at())["latest"] == VERSION
    assert "[DP] metrics of user-features were not pushed" in caplog.text


def test_the_log_says_what_was_stored(with_events: World, caplog) -> None:
    caplog.set_level("INFO", "mlops_lib")
    summary = pipeline(with_events.platform(), run_at())
    line = next(record.getMessage() for record in caplog.records if record.name.endswith("summarize"))
    assert line.startswith("[DP] user-features: 300 rows as of")
    assert summary["prefix"] in line
    assert summary["uri"] in line
    assert all(
        record.getMessage().startswith("[DP] ") for record in caplog.records if record.name.startswith("mlops_lib.dp")
    )


def test_a_raw_file_that_is_replaced_meanwhile_is_noticed(with_events: World) -> None:
    from mlops_lib.dp.extract import extract
    from mlops_lib.dp.validate import validate
    from mlops_lib.errors import ChangedError

    world = with_events
    extracted = extract(world.platform(), run_at())
    other = _parquet(support.events(days=1, users=5, seed=9))
    world.admin.write(f"{world.raw_base}/online_events/dt=2026-11-20/part-0.parquet", other)
    with pytest.raises(ChangedError, match=r"dt=2026-11-20/part-0\.parquet"):
        validate(world.platform(), extracted)


def test_profiles_are_json_without_nan(with_events: World) -> None:
    pipeline(with_events.platform(), run_at())
    raw, _ = with_events.latest().pointer()
    json.loads(raw.raw, parse_constant=pytest.fail)


def _parquet(table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()
