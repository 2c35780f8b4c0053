"""Changes of this repository's own contract, as `presync diff` tells them: which kind, on which line, read by whom."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from presync.base.finding import Finding
from presync.change import compare
from presync.contract.comparison import comparisons
from presync.contract.compatibility import Level
from presync.findings.change import collect_change
from presync.platform.load import load
from presync.platform.model import Platform
from tests.mutations.support import Changed, Remembering, changed, repository

SETS = "charts/feature-store/featuresets"
FILE = f"{SETS}/user-features.yaml"
TODAY = datetime.date(2026, 11, 22)
READERS = {
    "dev": "airflow-dev (feature-store-resources), feast-dev (feast-repo)",
    "prod": "airflow-prod (feature-store-resources), feast-prod (feast-repo)",
}
NONE, COMPATIBLE, BREAKING = Level.NONE, Level.COMPATIBLE, Level.BREAKING
SEVERITY = {NONE: "info", COMPATIBLE: "info", BREAKING: "error"}

Edit = dict[str, object]
Load = Callable[..., Platform]


def line(old: str, new: str, file: str = FILE) -> Edit:
    return {"file": file, "replace": old, "with": new}


DEVICE = """\
    - name: last_device
      dtype: string
      source: online_events
      transform: last(device) over window(30d)
      description: Device of the latest event.
      allowed:
        - android
        - ios
        - web
"""
ADDED = "    - {name: orders_7d, dtype: int64, source: online_events, transform: count(order_id) over window(7d)}\n"
COUNT = "      dtype: int64\n      source: online_events\n      transform: count(event_id)"
CHURN = f"{SETS}/user-churn-features.yaml"

# What is edited; which kind it is; the field, and what is said of it; the line that is named.
Case = tuple[str, Edit, Level, str, str, str]
CHANGES: list[Case] = [
    (
        "removed",
        line(DEVICE, ""),
        BREAKING,
        "user-features.last_device",
        "removed: whoever asks for it gets an error",
        "  features:",
    ),
    (
        "renamed",
        line("- name: last_device", "- name: latest_device"),
        BREAKING,
        "user-features.last_device",
        "renamed to latest_device: whoever asks for the old name gets an error",
        "  features:",
    ),
    (
        "dtype narrowed",
        line(COUNT, COUNT.replace("int64", "int32")),
        BREAKING,
        "user-features.events_7d.dtype",
        "dtype narrowed from int64 to int32: values lose digits or do not fit",
        "      dtype: int32",
    ),
    (
        "dtype widened",
        line("dtype: float", "dtype: double", CHURN),
        BREAKING,
        "user-churn-features.avg_session_duration.dtype",
        "dtype widened from float to double: a column of a reader that holds float is too small",
        "      dtype: double",
    ),
    (
        "nulls no longer taken",
        line("      allowed:\n", "      nullable: false\n      allowed:\n"),
        BREAKING,
        "user-features.last_device.nullable",
        "nullable became never null: a run with a null is refused from now on",
        "      nullable: false",
    ),
    (
        "another meaning",
        line("sum(amount) over window(30d)", "sum(amount) over window(31d)"),
        BREAKING,
        "user-features.purchase_amount_30d.transform",
        "the same name means another value",
        "      transform: sum(amount) over window(31d)",
    ),
    (
        "another entity",
        line("    - name: user_id\n      type: string", "    - name: account_id\n      type: string"),
        BREAKING,
        "user-features.entities.user_id",
        "entity user_id removed: the key of every row is another one",
        "  entities:",
    ),
    (
        "a threshold loosened",
        line("null_threshold: 0.05", "null_threshold: 0.1"),
        BREAKING,
        "user-features.validation.null_threshold",
        "null_threshold loosened from 0.05 to 0.1: what was refused is stored now",
        "    null_threshold: 0.1",
    ),
    (
        "a range widened",
        line("        max: 86400\n", "", CHURN),
        COMPATIBLE,
        "user-churn-features.avg_session_duration.range",
        "range widened: max 86400 became none",
        "      range:",
    ),
    (
        "added",
        line("  validation:\n", f"{ADDED}  validation:\n"),
        COMPATIBLE,
        "user-features.orders_7d",
        "user-features.orders_7d: added",
        ADDED.rstrip("\n"),
    ),
    (
        "words",
        line("Number of events.", "Number of events of any kind."),
        NONE,
        "user-features.events_7d.description",
        "events_7d: description changed",
        "      description: Number of events of any kind.",
    ),
    (
        "another spelling",
        line("null_threshold: 0.05", "null_threshold: 5e-2  # as written before"),
        NONE,
        "",
        "",
        "",
    ),
]


@pytest.fixture(scope="module")
def loaded() -> Iterator[Load]:
    """This repository with some edits, as a platform."""
    with Remembering() as engine:

        def call(*edits: Edit) -> Platform:
            return load(repository(), engine, tree=Changed(repository().worktree, changed(edits)))

        yield call


@pytest.fixture(scope="module")
def base(loaded: Load) -> Platform:
    return loaded()


def told(base: Platform, head: Platform) -> list[Finding]:
    return [one for one in collect_change(compare(base, head), TODAY) if one.rule == "CHG020"]


@pytest.mark.parametrize("case", CHANGES, ids=[one[0] for one in CHANGES])
def test_a_change_is_what_it_is_said_to_be(base: Platform, loaded: Load, case: Case) -> None:
    _, edit, level, field, said, where = case
    head = loaded(edit)
    found = told(base, head)
    if not field:
        assert found == []
        return
    assert {one.level for one in comparisons(base, head)} == {level}
    for environment, readers in READERS.items():
        own = [one for one in found if (one.environment, one.field) == (environment, field)]
        assert len(own) == 1, [one.message for one in found]
        (one,) = own
        assert one.message.startswith(f"{level}: ")
        assert said in one.message
        assert one.message.endswith(f"; read by {readers}")
        assert one.severity == SEVERITY[level]
        lines = head.tree.read(one.location.file).decode().splitlines()
        assert lines[one.location.line - 1].removeprefix("    - ") == where.removeprefix("    - ")


def copied(name: str) -> Edit:
    """A next version of user-features, with another window."""
    replacing = {
        "name: user-features": f"name: {name}",
        "count(event_id) over window(7d)": "count(event_id) over window(8d)",
    }
    return {"file": f"{SETS}/{name}.yaml", "copy": FILE, "replacing": replacing}


def test_a_new_version_is_compatible_and_lets_the_old_one_go_later(base: Platform, loaded: Load) -> None:
    both = loaded(copied("user-features-v2"))
    assert {(one.severity, one.message.partition(";")[0]) for one in told(base, both)} == {
        ("info", "compatible: user-features-v2: set added, version 2 of user-features")
    }
    gone: Edit = {"file": FILE, "delete": True}
    alone = loaded(copied("user-features-v2"), gone)
    assert {(one.severity, one.location.file) for one in told(both, alone)} == {("warning", FILE)}
    at_once = told(base, alone)
    assert {(one.severity, one.field) for one in at_once} == {("error", "user-features"), ("info", "user-features-v2")}


def test_a_waiver_with_a_date_takes_a_breaking_change(base: Platform, loaded: Load) -> None:
    head = loaded(line("null_threshold: 0.05", "null_threshold: 0.1"))
    waiver = {"rule": "CHG020", "field": "user-features.validation.*", "until": "2026-11-30", "why": "nobody reads it"}
    waived = replace(head, settings=replace(head.settings, waivers=(waiver,)))
    assert told(base, waived) == []
    ended = replace(head, settings=replace(head.settings, waivers=({**waiver, "until": "2026-11-21"},)))
    assert {one.severity for one in told(base, ended)} == {"error"}
