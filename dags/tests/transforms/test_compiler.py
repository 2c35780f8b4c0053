"""What transforms mean: against plain pandas on random events, and edge by edge, on each engine."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import reference
from data import AS_OF, EVENTS, at_random, build, event, only, spec, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from language import DIALECT

from mlops_lib.transforms import TransformError, build_features, event_columns, longest_window

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)

FEATURES = (
    "int64 count(word) over window(1d)",
    "int32 count(user_id) over window(7d)",
    "int64 count_distinct(word) over window(7d)",
    "double count_distinct(number) over window(7d)",
    "int64 sum(whole) over window(1d)",
    "double sum(number) over window(7d)",
    "float sum(flag) over window(7d)",
    "double avg(number) over window(1d)",
    "float avg(whole) over window(7d)",
    "double avg(flag) over window(7d)",
    "double stddev(number) over window(7d)",
    "float stddev(whole) over window(1d)",
    "double min(number) over window(7d)",
    "int64 max(whole) over window(7d)",
    "string max(word) over window(1d)",
    "timestamp min(moment) over window(7d)",
    "bool max(flag) over window(7d)",
    "string last(word) over window(7d)",
    "double last(number) over window(1d)",
    "bool last(flag) over window(7d)",
    "timestamp last(event_timestamp) over window(7d)",
)


def compare(backend: Any, rows: list[dict[str, Any]], keys: tuple[str, ...], without: tuple[str, ...] = ()) -> None:
    """The engine's rows are those of the reference, to the last digits of floats."""
    half = len(rows) // 2
    sources = {"events": table(rows[:half], without=without), "others": table(rows[half:], without=without)}
    others = ("@others int64 count(word) over window(7d)", "@others string last(word) over window(7d)")
    said = spec(*FEATURES, *others, keys=keys)
    found = build(backend, said, **sources)
    frames = {
        source: pd.DataFrame({name: pd.Series(events[name].to_pylist(), dtype=object) for name in events.column_names})
        for source, events in sources.items()
    }
    wanted = reference.features(frames, said, AS_OF, "event_timestamp")
    assert [tuple(row[key] for key in keys) for row in found] == [tuple(row[key] for key in keys) for row in wanted]
    for got, want in zip(found, wanted, strict=True):
        for feature in said["features"]:
            name = feature["name"]
            assert same(got[name], want[name], feature["dtype"]), (
                f"{feature}: {got[name]!r}, not {want[name]!r}; row {want}"
            )


def same(got: Any, want: Any, dtype: str) -> bool:
    if got is None or want is None or dtype not in ("double", "float"):
        return bool(got == want)
    # Values reach 1e15, and the difference of two such ends where their digits do.
    return math.isclose(got, want, rel_tol=1e-6 if dtype == "float" else 1e-9, abs_tol=8.0 if abs(want) > 1e9 else 1.0)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), count=st.integers(0, 60), composite=st.booleans(), ids=st.booleans())
def test_random_events(duckdb: Any, seed: int, count: int, composite: bool, ids: bool) -> None:
    keys = ("user_id", "shop_id") if composite else ("user_id",)
    compare(duckdb, at_random(seed, count), keys, () if ids else ("event_id",))


@pytest.mark.parametrize("seed", [1, 2])
def test_many_random_events(backend: Any, seed: int) -> None:
    compare(backend, at_random(seed, 300), ("user_id", "shop_id") if seed % 2 else ("user_id",))


def test_random_events_without_ids(backend: Any) -> None:
    compare(backend, at_random(3, 200), ("user_id",), ("event_id",))


def test_window_has_its_end_and_not_its_start(backend: Any) -> None:
    rows = [event(ago, word=str(ago)) for ago in (-TICK, TICK * 0, TICK, DAY - TICK, DAY, DAY + TICK)]
    assert only(backend, *rows, feature="int64 count(word) over window(1d)") == 3


def test_late_and_unordered_events_count_by_their_own_time(duckdb: Any) -> None:
    rows = [event(timedelta(hours=hours), number=float(hours)) for hours in (3, 1, 2)]
    assert only(duckdb, *rows, feature="double last(number) over window(1d)") == 1.0


def test_equal_ids_count_once_and_the_latest_wins(backend: Any) -> None:
    rows = [
        event(2 * DAY, event_id="1", number=1.0),
        event(DAY, event_id="1", number=2.0),
        event(-DAY, event_id="1", number=9.0),
    ]
    assert only(backend, *rows, feature="double sum(number) over window(7d)") == 2.0
    tied = [event(event_id="1", number=number) for number in (1.0, None, 3.0)]
    assert only(backend, *tied, feature="double sum(number) over window(7d)") == 3.0


def test_rows_without_an_id_are_all_kept(backend: Any) -> None:
    rows = [event(number=1.0)] * 3
    assert only(backend, *rows, feature="double sum(number) over window(7d)") == 3.0


def test_last_breaks_ties_by_id_then_value(backend: Any) -> None:
    rows = [event(event_id=name, word=word) for name, word in (("1", "z"), ("2", "a"), (None, "zz"), ("3", None))]
    assert only(backend, *rows, feature="string last(word) over window(7d)") == "a"
    rows = [event(word=word) for word in ("b", "c", "a")]
    assert only(backend, *rows, feature="string last(word) over window(7d)") == "c"


def test_nothing_there(backend: Any) -> None:
    said = spec(
        *(line.replace("window(1d)", "window(1s)").replace("window(7d)", "window(1s)") for line in FEATURES[:-1])
    )
    said["features"].append({**said["features"][0], "name": "seen", "transform": "count(user_id) over window(1d)"})
    (row,) = build(backend, said, events=table([event()]))
    assert row["seen"] == 1
    for feature in said["features"][:-1]:
        wanted = 0 if feature["transform"].startswith("count") else None
        assert row[feature["name"]] == wanted, feature


def test_nan_and_infinities_are_null(backend: Any) -> None:
    for strange in (math.nan, math.inf, -math.inf):
        rows = [event(number=1.0), event(number=strange), event(number=3.0)]
        for feature, wanted in (("sum", 4.0), ("max", 3.0), ("min", 1.0), ("count", 2.0), ("stddev", math.sqrt(2))):
            assert only(backend, *rows, feature=f"double {feature}(number) over window(1d)") == pytest.approx(wanted)


def test_stddev_is_of_a_sample(backend: Any) -> None:
    assert only(backend, event(number=1.0), feature="double stddev(number) over window(1d)") is None
    value = only(backend, event(number=1.0), event(number=3.0), feature="double stddev(number) over window(1d)")
    assert value == pytest.approx(math.sqrt(2))


def test_no_events_give_a_typed_table(backend: Any) -> None:
    assert build(backend, spec(*FEATURES), events=table([])) == []


def test_zones(backend: Any) -> None:
    """A time without a zone is UTC; one with a zone is that moment; as_of may be in any zone."""
    naive = pa.schema([pa.field(f.name, pa.timestamp("us")) if f.name == "event_timestamp" else f for f in EVENTS])
    said = spec("timestamp last(event_timestamp) over window(1d)")
    rows = [{"user_id": "a", "event_timestamp": AS_OF.replace(tzinfo=None)}]
    seoul = AS_OF.astimezone(timezone(timedelta(hours=9)))
    (row,) = build(backend, said, seoul, events=table(rows, naive))
    assert row == {"user_id": "a", "event_timestamp": AS_OF, "f0": AS_OF}
    text = pa.schema([pa.field(f.name, pa.string()) if f.name == "event_timestamp" else f for f in EVENTS])
    for written in ("2026-01-31T11:30:00+09:00", "2026-01-31T02:30:00Z", "2026-01-31 02:30:00"):
        events = table([{"user_id": "a", "event_timestamp": written, "word": "x"}], text)
        (row,) = build(backend, spec("int64 count(word) over window(1s)"), events=events)
        assert row["f0"] == 1


def test_as_of_needs_a_zone(duckdb: Any) -> None:
    with pytest.raises(ValueError, match="must have a time zone"):
        build(duckdb, spec(FEATURES[0]), datetime(2026, 1, 1), events=table([]))


def test_a_window_may_reach_behind_the_calendar(backend: Any) -> None:
    assert only(backend, event(400 * DAY, word="x"), feature="int64 count(word) over window(999999d)") == 1


@pytest.mark.parametrize(
    ("feature", "values"),
    [
        ("int32 sum(whole) over window(1d)", {"whole": 2**31 - 1}),
        ("int64 sum(whole) over window(1d)", {"whole": 2**63 - 1}),
        ("int64 sum(number) over window(1d)", {"number": 0.25}),
        ("float sum(number) over window(1d)", {"number": 3e38}),
        ("double sum(number) over window(1d)", {"number": 1.7e308}),
    ],
)
def test_what_does_not_fit_stops_the_query(backend: Any, feature: str, values: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=f"feature f0: .* does not fit {feature.split(maxsplit=1)[0]}"):
        only(backend, event(**values), event(**values), feature=feature)


def test_whole_numbers_add_up_beyond_their_type(backend: Any) -> None:
    rows = [event(whole=2**63 - 1), event(whole=2**63 - 1), event(whole=-(2**63)), event(whole=-(2**63) + 2)]
    assert only(backend, *rows, feature="int64 sum(whole) over window(1d)") == 0
    assert only(backend, event(number=3.0), feature="int64 max(number) over window(1d)") == 3


def test_sources_meet_by_key(backend: Any) -> None:
    said = spec("int64 count(word) over window(1d)", "@others double sum(number) over window(1d)")
    left = table([event(word="x"), event(user_id="b", word="y")])
    right = table([event(number=1.0), event(user_id="c", number=2.0)])
    rows = build(backend, said, events=left, others=right)
    assert [(row["user_id"], row["f0"], row["f1"]) for row in rows] == [("a", 1, 1.0), ("b", 1, None), ("c", 0, 2.0)]


def test_columns_stand_in_the_contract_s_order(duckdb: Any) -> None:
    (row,) = build(
        duckdb, spec("int64 count(word) over window(1d)", keys=("user_id", "shop_id")), events=table([event(shop_id=7)])
    )
    assert list(row) == ["user_id", "shop_id", "event_timestamp", "f0"]


def test_keys_that_pandas_made_floats(backend: Any) -> None:
    floats = pa.schema([pa.field(f.name, pa.float64()) if f.name == "shop_id" else f for f in EVENTS])
    rows = table([event(shop_id=7.0), event(shop_id=None)], floats)
    found = build(backend, spec("int64 count(user_id) over window(1d)", keys=("shop_id",)), events=rows)
    assert [(row["shop_id"], row["f0"]) for row in found] == [(7, 1)]


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (
            "double sum(word) over window(1d)",
            r"word is string, which sum cannot take\n .*\n +\^{4}\nexpected a column of number",
        ),
        ("string last(number) over window(1d)", "number is float64, which last cannot take"),
        ("int64 count(words) over window(1d)", r"has no column words; did you mean word\?"),
        ("@event int64 count(word) over window(1d)", "no events of source event"),
    ],
)
def test_columns_that_do_not_fit(duckdb: Any, feature: str, message: str) -> None:
    import ibis

    with pytest.raises(TransformError, match=message):
        build_features({"events": ibis.memtable(table([event()]))}, spec(feature), AS_OF, dialect=DIALECT)


def test_time_column() -> None:
    import ibis

    said = spec("int64 count(word) over window(1d)", stream={"kafkaTopic": "t", "timestampField": "event_time"})
    with pytest.raises(TransformError, match=r"has no column event_time \(the time of the event\); did you mean"):
        build_features({"events": ibis.memtable(table([event()]))}, said, AS_OF, dialect=DIALECT)
    build_features({"events": ibis.memtable(table([event()]))}, said, AS_OF, dialect=DIALECT, time_column="moment")


def test_what_a_set_reads() -> None:
    said = spec(
        "int64 count(number) over window(1d)",
        "double sum(number) over window(30d)",
        "string last(word) over window(7d)",
        "@others int64 count_distinct(word) over window(7d)",
    )
    keys = {"user_id": "string", "event_timestamp": "timestamp"}
    assert event_columns(said, DIALECT) == {
        "events": {"number": "number", "word": "string", **keys},
        "others": {"word": "any", **keys},
    }
    assert longest_window(said, DIALECT) == timedelta(days=30)
