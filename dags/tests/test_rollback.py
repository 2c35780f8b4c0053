"""Back to an earlier version: verified, idempotent, and never to something that is not there or not whole."""

from typing import Any

import pytest
import support
from conftest import World
from support import DAY, END, SET, VERSION, pipeline, run_at

from mlops_lib.dp.rollback import rollback
from mlops_lib.dp.summarize import summarize
from mlops_lib.errors import VersionError

NEXT = "v_20261123T020000"


@pytest.fixture
def two(with_events: World) -> World:
    for end in (END, END + DAY):
        pipeline(with_events.platform(), run_at(end))
    return with_events


def test_back_and_forth(two: World, gateway: Any) -> None:
    back = rollback(two.platform(), SET, VERSION)
    assert (back["version"], back["was"]) == (VERSION, NEXT)
    support.assert_whole(two.latest(), VERSION)
    before = support.objects(two.admin, two.latest().uri)
    assert rollback(two.platform(), SET, VERSION)["was"] == VERSION
    assert support.objects(two.admin, two.latest().uri) == before
    assert summarize(two.platform(), back)["latest"] == VERSION
    assert "feature_set_last_success_timestamp_seconds" in gateway.received[-1][1]
    # The next run is compared with what is served, not with what was taken back, and moves on.
    assert two.latest().accepted_before(END + 2 * DAY).name == VERSION
    rollback(two.platform(), SET, NEXT)
    support.assert_whole(two.latest(), NEXT)


@pytest.mark.parametrize("name", ["v_20200101T000000", "latest", "../user-churn-features/v_20261122T020000", ""])
def test_an_unknown_version_is_answered_with_the_known_ones(two: World, name: str) -> None:
    two.admin.write(f"{two.latest().uri}/v_20261130T020000/features.parquet", b"begun")
    with pytest.raises(VersionError, match=f"known are, newest first: {NEXT}, {VERSION}$"):
        rollback(two.platform(), SET, name)
    with pytest.raises(VersionError, match="it was begun and never completed"):
        rollback(two.platform(), SET, "v_20261130T020000")
    support.assert_whole(two.latest(), NEXT)


def test_a_damaged_version_is_refused(two: World) -> None:
    uri = two.latest().at(VERSION, "features.csv")
    raw, _ = two.admin.read(uri)
    two.admin.write(uri, raw[:-1])
    with pytest.raises(VersionError, match=r"features\.csv is damaged"):
        rollback(two.platform(), SET, VERSION)
    two.admin.delete(uri)
    with pytest.raises(VersionError, match=r"features\.csv is missing"):
        rollback(two.platform(), SET, VERSION)
    assert two.latest().follow() == []
    assert two.latest().current().name == NEXT


def test_a_version_that_the_contract_has_outgrown_is_refused(two: World) -> None:
    def one_more(sets: dict[str, Any]) -> None:
        sets[SET]["features"].append({**sets[SET]["features"][0], "name": "events_30d"})

    grown = support.write_contract(two.folder.parent / "grown", one_more)
    with pytest.raises(VersionError, match=r"lacks what the contract promises today: events_30d \(int64\)"):
        rollback(two.platform(contract=grown), SET, VERSION)
    support.assert_whole(two.latest(), NEXT)
