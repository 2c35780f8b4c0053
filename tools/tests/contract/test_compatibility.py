"""Ten changes of a contract, and more: each is what it is said to be, with its reason and its readers."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from presync.contract.compatibility import Change, Level, compare, level
from presync.contract.model import Contract
from presync.contract.versions import following, later, version
from tests.commands.conftest import Run

SETS: dict[str, Any] = {
    "user-features": {
        "project": "shop",
        "entities": [{"name": "user_id", "type": "string"}],
        "features": [
            {
                "name": "events_7d",
                "dtype": "int64",
                "source": "online_events",
                "transform": "count(event_id) over window(7d)",
                "nullable": False,
                "range": {"min": 0},
            },
            {
                "name": "device",
                "dtype": "string",
                "source": "online_events",
                "transform": "last(device) over window(7d)",
                "nullable": True,
                "allowed": ["android", "ios"],
            },
        ],
        "timestampColumn": "event_timestamp",
        "ttl": "30d",
        "batchSchedule": "0 2 * * *",
        "validation": {"null_threshold": 0.05, "drift_threshold": 0.1, "freshness_threshold": "26h"},
    }
}
Edit = Callable[[dict[str, Any]], object]


def contract(sets: dict[str, Any], **more: Any) -> Contract:
    data = {"featureSets": sets, **more}
    return Contract(f"sha256:{json.dumps(data)}", data)


def changes(edit: Edit) -> list[Change]:
    changed = copy.deepcopy(SETS)
    edit(changed["user-features"])
    return compare(contract(SETS), contract(changed))


def feature(key: str, value: Any, at: int = 0) -> Edit:
    return lambda spec: spec["features"][at].update({key: value})


def added(**more: Any) -> Edit:
    new = {"name": "new", "dtype": "double", "source": "online_events", "transform": "sum(amount) over window(7d)"}
    return lambda spec: spec["features"].append({**new, "nullable": True, **more})


def validation(key: str, value: Any) -> Edit:
    return lambda spec: spec["validation"].update({key: value})


def put(key: str, value: Any) -> Edit:
    return lambda spec: spec.update({key: value})


NONE, COMPATIBLE, BREAKING = Level.NONE, Level.COMPATIBLE, Level.BREAKING
CASES: list[tuple[str, Edit, Level, str]] = [
    ("nothing", lambda _: None, NONE, ""),
    ("a feature that may be null", added(), COMPATIBLE, "user-features.new: added"),
    ("a feature that is never null", added(nullable=False), BREAKING, "added as never null"),
    ("a feature removed", lambda spec: spec["features"].pop(), BREAKING, "user-features.device: removed"),
    ("a feature renamed", feature("name", "clicks_7d"), BREAKING, "events_7d: renamed to clicks_7d"),
    ("a dtype narrowed", feature("dtype", "int32"), BREAKING, "dtype narrowed from int64 to int32"),
    ("a dtype widened", feature("dtype", "int64", 1), BREAKING, "dtype string became int64"),
    ("nulls no longer taken", feature("nullable", False, 1), BREAKING, "nullable became never null"),
    ("nulls where there were none", feature("nullable", True), BREAKING, "never null became nullable"),
    (
        "another window",
        feature("transform", "count(event_id) over window(8d)"),
        BREAKING,
        "the same name means another value",
    ),
    ("another source", feature("source", "raw_events"), BREAKING, "the same name means another value"),
    ("another key", put("entities", [{"name": "user_id", "type": "int64"}]), BREAKING, "type string became int64"),
    (
        "a further key",
        lambda spec: spec["entities"].append({"name": "k", "type": "string"}),
        BREAKING,
        "entity k added",
    ),
    ("a looser threshold", validation("null_threshold", 0.1), BREAKING, "loosened from 0.05 to 0.1"),
    ("a tighter threshold", validation("drift_threshold", 0.05), BREAKING, "tightened from 0.1 to 0.05"),
    ("an older table", validation("freshness_threshold", "50h"), BREAKING, "loosened from 26h to 50h"),
    ("a younger table", validation("freshness_threshold", "25h"), COMPATIBLE, "tightened from 26h to 25h"),
    ("a narrower range", feature("range", {"min": 1}), BREAKING, "range narrowed: min 0 became 1"),
    ("an upper bound", feature("range", {"min": 0, "max": 9}), BREAKING, "range narrowed: max none became 9"),
    ("a wider range", feature("range", {}), COMPATIBLE, "range widened: min 0 became none"),
    ("a value less", feature("allowed", ["ios"], 1), BREAKING, "fewer values allowed: android"),
    ("a value more", feature("allowed", ["ios", "android", "web"], 1), COMPATIBLE, "more values allowed: web"),
    ("a shorter life", put("ttl", "720m"), BREAKING, "values that were served are null now"),
    ("a longer life", put("ttl", "31d"), BREAKING, "values are served that were too old before"),
    ("another timestamp", put("timestampColumn", "at"), BREAKING, "stored versions have no such column"),
    ("another project", put("project", "lab"), BREAKING, "project shop became lab"),
    ("another hour", put("batchSchedule", "0 3 * * *"), COMPATIBLE, "new values come at another time"),
    (
        "another time of events",
        put("stream", {"kafkaTopic": "events", "timestampField": "sent_at"}),
        BREAKING,
        "every window holds other events",
    ),
    ("words", put("description", "What a user did."), NONE, "description changed"),
    ("words of a feature", feature("owner", "team@example.com"), NONE, "events_7d: owner changed"),
    ("another order", lambda spec: spec["features"].reverse(), COMPATIBLE, "columns are read by name"),
]


@pytest.mark.parametrize(("edit", "expected", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_classified(edit: Edit, expected: Level, said: str) -> None:
    found = changes(edit)
    assert level(found) is expected, found
    assert said in " / ".join(map(str, found))


def test_sets_come_and_go() -> None:
    two = {**SETS, "more": SETS["user-features"]}
    assert [str(one) for one in compare(contract(SETS), contract(two))] == ["more: set added"]
    (gone,) = compare(contract(two), contract(SETS))
    assert gone.level is BREAKING


def test_versions_are_names() -> None:
    assert version("user-features-v2") == ("user-features", 2)
    assert version("user-features") == ("user-features", 1)
    assert version("user-v0") == ("user-v0", 1)
    assert later("a", {"a", "a-v2", "a-v10", "b-v11"}) == "a-v10"
    assert later("a-v2", {"a", "a-v2"}) == ""
    assert following("a", {"a"}) == "a-v2"
    assert following("a", {"a", "a-v2"}) == "a-v3"


def test_a_set_that_goes_names_the_version_that_was_there() -> None:
    old = contract({"a": SETS["user-features"], "a-v2": SETS["user-features"]})
    (gone,) = compare(old, contract({"a-v2": SETS["user-features"]}))
    assert (gone.level, gone.successor) == (BREAKING, "a-v2")
    (first, _) = compare(contract({"a": SETS["user-features"]}), contract({"a-v2": SETS["user-features"]}))
    assert (first.level, first.successor) == (BREAKING, "")


def test_what_a_dtype_and_a_function_mean() -> None:
    old = contract(SETS, dtypes={"int64": {"arrow": "int64"}}, dialect={"functions": {"count": {"empty": 0}}})
    new = contract(SETS, dtypes={"int64": {"arrow": "int32"}}, dialect={"functions": {"count": {"empty": None}}})
    found = compare(old, new)
    assert [one.level for one in found] == [BREAKING, BREAKING]
    assert "int64 is stored as arrow int32, was arrow int64" in str(found[0])
    assert "user-features.events_7d: count of nothing is none, was 0" in str(found[1])


@pytest.mark.parametrize("junk", [None, [], "text", 1, {"features": [None, {"name": 1}], "entities": {}, "ttl": []}])
def test_hostile_specs_are_compared_too(junk: Any) -> None:
    for old, new in ((SETS, {"user-features": junk}), ({"user-features": junk}, SETS)):
        assert level(compare(contract(old), contract(new))) in Level


def _commit(folder: Path) -> None:
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "one")):
        subprocess.run(["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com", *words], check=True)


def test_readers_are_listed(small: Path, run: Run) -> None:
    values = small / "charts/features/values.yaml"
    values.write_text(f"environment: ''\ntext: '{json.dumps({'featureSets': SETS})}'\n")
    _commit(small)
    assert run("-C", small, "contract", "diff", "main").stdout == "the contract is the same\n"

    changed = copy.deepcopy(SETS)
    changed["user-features"]["features"].pop()
    values.write_text(f"environment: ''\ntext: '{json.dumps({'featureSets': changed})}'\n")
    done = run("-C", small, "contract", "diff", "main")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("breaking: dev, prod, sha256:")
    assert "breaking    user-features.device: removed: whoever asks for it gets an error" in done.stdout
    assert "model-dev (Deployment model) by features, mounted whole" in done.stdout
    assert "model-prod (Deployment model) by features, mounted whole" in done.stdout

    found = json.loads(run("-C", small, "contract", "diff", "main", "-o", "json").stdout)
    assert found[0]["level"] == "breaking"
    assert [one["application"] for one in found[0]["readers"]] == ["model-dev", "model-prod"]

    template = small / "charts/features/templates/part.yaml"
    template.write_text(f'{template.read_text()}{{{{ fail "no" }}}}\n')
    dark = run("-C", small, "contract", "diff", "main")
    assert dark.returncode == 2
    assert dark.stdout == ""
    assert "features-dev, features-prod could not be rendered here, so what changes is not known" in dark.stderr

    missing = run("-C", small, "contract", "diff", "nowhere")
    assert missing.returncode == 2
    assert "nowhere: is not a branch, tag or commit" in missing.stderr
