"""Planted faults. After each: what was stored (nothing), alerted and pushed, and that latest/ is whole."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import support
from conftest import World
from support import DAY, END, VERSION, pipeline, run_at

from mlops_lib import slack as alerts
from mlops_lib.errors import DataRefusedError, EmptyIntervalError, PipelineError

Fault = Callable[[pa.Table], pa.Table]


def nulls(column: str, share: float = 1.0) -> Fault:
    def plant(table: pa.Table) -> pa.Table:
        keep = pa.array(np.random.default_rng(3).random(table.num_rows) >= share)
        return support.change_column(table, column, pc.if_else(keep, table.column(column), None))

    return plant


def shifted(table: pa.Table) -> pa.Table:
    return support.change_column(table, "amount", pc.multiply(table.column("amount"), 3.0))


def other_devices(table: pa.Table) -> pa.Table:
    return support.change_column(table, "device", pa.array(["ios"] * table.num_rows))


def without(column: str) -> Fault:
    return lambda table: table.drop_columns([column])


def as_text(column: str) -> Fault:
    return lambda table: support.change_column(table, column, table.column(column).cast(pa.string()))


def times(column: str, factor: float) -> Fault:
    return lambda table: support.change_column(table, column, pc.multiply(table.column(column), factor))


def device(name: str) -> Fault:
    return lambda table: support.change_column(table, "device", pa.array([name] * table.num_rows))


@pytest.mark.parametrize(
    ("plant", "says", "measured"),
    [
        pytest.param(nulls("amount"), "purchase_amount_30d is null in 100.00% of the rows", True, id="null rate"),
        pytest.param(
            nulls("user_id", 0.2), "of the events have no user_id, null_threshold allows 5.00%", False, id="keys"
        ),
        pytest.param(
            shifted, "purchase_amount_30d has drifted from v_20261122T020000: PSI", True, id="drift of a number"
        ),
        pytest.param(other_devices, "last_device has drifted from v_20261122T020000: PSI", True, id="drift of a text"),
        pytest.param(without("amount"), "lacks the column amount", False, id="missing column"),
        pytest.param(as_text("amount"), "column amount is string, the contract needs a number", False, id="wrong type"),
        pytest.param(
            times("amount", -1.0), "purchase_amount_30d is below the range's min 0: 300 rows", True, id="range"
        ),
        pytest.param(
            device("fridge"), "last_device is none of android, ios, web: 300 rows (such as fridge)", True, id="allowed"
        ),
    ],
)
def test_refused(
    world: World, events: Any, slack: Any, gateway: Any, caplog: Any, plant: Fault, says: str, measured: bool
) -> None:
    support.put_events(world.admin, world.raw_base, events)
    pipeline(world.platform(), run_at())
    before = support.objects(world.admin, f"s3://{world.bucket}/features")
    gateway.received.clear()
    support.put_events(world.admin, world.raw_base, plant(events))

    with pytest.raises(DataRefusedError) as caught:
        pipeline(world.platform(), run_at(END + DAY))
    assert not caught.value.retry
    assert any(says in reason for reason in caught.value.reasons), caught.value.reasons
    alerts.on_failure({"exception": caught.value})

    # Stored: nothing but the list of files that was to be read.
    after = support.objects(world.admin, f"s3://{world.bucket}/features")
    assert {name for name in after.keys() - before.keys() if not name.endswith("/manifest.json")} == set()
    assert before.items() <= after.items()
    support.assert_whole(world.latest(), VERSION)
    # Said, in the log and in Slack.
    assert any(line.startswith("[DP] user-features is refused") and says in line for line in caplog.messages)
    [(path, said)] = slack.received
    assert path == "/services/T000/B000/verysecret"
    assert says in support.json.loads(said)["text"]
    # Measured, where there was something to measure; never a success.
    if measured:
        [(_, pushed)] = gateway.received
        assert "feature_set_null_ratio{" in pushed
        assert "feature_set_drift_psi{" in pushed
        assert 'feature_set_rows{feature_set="user-features"} 300.0' in pushed
        assert "last_success" not in pushed
    else:
        assert not gateway.received


@pytest.mark.parametrize("how", ["no files", "files without rows", "files of other days"])
def test_an_empty_interval(with_events: World, slack: Any, how: str) -> None:
    world = with_events
    pipeline(world.platform(), run_at())
    end = END + 10 * DAY
    table = support.events(days=1, users=3, end=END - 5 * DAY)
    if how != "no files":
        table = table.slice(0, 0) if how == "files without rows" else table
        sink = pa.BufferOutputStream()
        support.pq.write_table(table, sink)
        day = f"dt={end.date().isoformat()}"
        world.admin.write(f"{world.raw_base}/online_events/{day}/part-0.parquet", sink.getvalue().to_pybytes())
    with pytest.raises(EmptyIntervalError, match="nothing was built, the last version stays") as caught:
        pipeline(world.platform(), run_at(end))
    # Events may only be late.
    assert caught.value.retry
    alerts.on_failure({"exception": caught.value})
    assert "online_events" in slack.received[0][1]
    support.assert_whole(world.latest(), VERSION)
    assert world.latest().names() == [VERSION]


def test_several_reasons_are_said_together(world: World, events: Any) -> None:
    broken = without("device")(as_text("amount")(events))
    support.put_events(world.admin, world.raw_base, broken)
    with pytest.raises(DataRefusedError) as caught:
        pipeline(world.platform(), run_at())
    assert "lacks the column device" in str(caught.value)
    assert re.search(r"and \d+ more files of online_events", str(caught.value))


def test_a_null_where_none_may_be(world: World, events: Any) -> None:
    """avg of no duration is null for one user in 300: within the threshold if nullable, refused if not."""
    one = pc.equal(events.column("user_id"), "u00007")
    support.put_events(
        world.admin,
        world.raw_base,
        support.change_column(events, "duration", pc.if_else(one, None, events.column("duration"))),
    )
    run = run_at(feature_set="user-churn-features")
    assert pipeline(world.platform(), run)["row_count"] == 300

    def never_null(sets: dict[str, Any]) -> None:
        sets["user-churn-features"]["features"][1]["nullable"] = False

    strict = support.write_contract(world.folder.parent / "strict", never_null)
    with pytest.raises(DataRefusedError, match="avg_session_duration is null, and may not be: 1 row"):
        pipeline(world.platform(contract=strict), run_at(END + DAY, feature_set="user-churn-features"))


def test_drift_that_is_accepted_becomes_the_reference(world: World, events: Any) -> None:
    support.put_events(world.admin, world.raw_base, events)
    pipeline(world.platform(), run_at())
    support.put_events(world.admin, world.raw_base, shifted(events))
    with pytest.raises(DataRefusedError):
        pipeline(world.platform(), run_at(END + DAY))
    assert pipeline(world.platform(), run_at(END + DAY), accept_drift=True)["latest"] == "v_20261123T020000"


def test_noise_of_few_rows_is_no_drift(world: World, caplog: Any) -> None:
    for seed, end in ((1, END), (2, END + DAY)):
        support.put_events(world.admin, world.raw_base, support.events(users=40, end=end, seed=seed))
        pipeline(world.platform(), run_at(end))
    support.assert_whole(world.latest(), "v_20261123T020000")


def test_the_keys_of_users_are_not_in_what_is_said(world: World, events: Any) -> None:
    empty = support.change_column(events, "amount", pc.multiply(events.column("amount"), -1.0))
    support.put_events(world.admin, world.raw_base, empty)
    with pytest.raises(DataRefusedError) as caught:
        pipeline(world.platform(), run_at())
    assert "u00" not in str(caught.value)


def test_wrong_keys_of_s3(with_events: World) -> None:
    world = with_events
    world.keys = {"aws_access_key_id": "AKIAWRONG", "aws_secret_access_key": "wrong"}
    with pytest.raises(PipelineError, match=r"S3 denies .* to these credentials"):
        pipeline(world.platform(), run_at())


def test_the_task_may_not_remove_a_version(with_events: World) -> None:
    """What the documented policy is for: even a mistake in this library cannot delete history."""
    world = with_events
    pipeline(world.platform(), run_at())
    with pytest.raises(PipelineError, match="S3 denies DeleteObject"):
        world.platform().storage.delete(world.latest().at(VERSION, "features.parquet"))
