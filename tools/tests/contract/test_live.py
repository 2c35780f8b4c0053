"""A whole change of the contract with real programs: from one line of a FeatureSet to the online answer.

Feast 0.67 applies and serves what presync renders, with its registry on an S3 API; the library of the DAGs computes and
stores. docs/contract.md shows what is printed on the way. How it is done: live/store.py.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.live import LiveError
from monitoring.tree import Object, documents
from tests.commands.conftest import copy_of_the_tree
from tests.contract.live.store import ENDPOINT, Store, missing
from tests.contract.test_documentation import PAGE, SET, add_the_line, command

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("contract-live")]

USER = "u00001"
NEW = "orders_7d"
DAY = timedelta(days=1)
_LIVE = re.compile(r"<!-- live -->\n```console\n(.*?)```", re.DOTALL)
_CHANGING = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+|\d{4}-\d\d-\d\d [\d:]+\+00:00|\bv_\d{8}T\d{6}\b|\b[0-9a-f]{64}\b")
# Of what Feast says, the rest is the two states of each object in full.
_TELLING = re.compile(r"\t\w+: |Created |Updated |Deleted |No changes|Deploying|Applying|Materializing|\S+ from ")


def skip(reason: str) -> None:
    text = f"NOT TRIED: the contract with real Feast: {reason}"
    warnings.warn(pytest.PytestWarning(text), stacklevel=2)
    pytest.skip(text)


@dataclass
class Story:
    """What was seen, step by step."""

    before: dict[str, Any] = field(default_factory=dict)  # the first run of the pipeline
    after: dict[str, Any] = field(default_factory=dict)  # the next one, with the new feature
    served: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # what commands print
    plans: list[str] = field(default_factory=list)
    too_early: str = ""
    schema: dict[str, Any] = field(default_factory=dict)


def rendered(platform: Path, folder: Path) -> list[Object]:
    """What the environment's Applications that deal with features amount to."""
    found: list[Object] = []
    for name in ("airflow-dev", "feast-dev", "feature-store-dev"):
        assert "error" not in command(platform, f"presync render {name} --out {folder}")
        found += documents(folder / f"{name}.yaml")
    return found


def answer(said: dict[str, Any]) -> dict[str, Any]:
    """Names and values of one entity."""
    return dict(zip(said["metadata"]["feature_names"], (one["values"][0] for one in said["results"]), strict=True))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    reason = missing()
    if reason:
        skip(reason)
    folder = tmp_path_factory.mktemp("live")
    platform = copy_of_the_tree(folder / "platform")
    facts = platform / "envs/dev/globals.yaml"
    assert facts.read_text().count('endpoint: ""') == 1
    facts.write_text(facts.read_text().replace('endpoint: ""', f"endpoint: {ENDPOINT}"))
    command(platform, "presync pin")
    store = Store(folder / "store", "dev")
    try:
        store.open()
        yield told(store, platform, folder / "rendered")
    finally:
        store.close()


def told(store: Store, platform: Path, folder: Path) -> Story:
    found = Story()
    # The pipeline's hour of two days, 02:00 in Seoul, and that of the CronJob an hour later.
    end = (datetime.now(UTC) - timedelta(hours=18)).replace(hour=17, minute=0, second=0, microsecond=0)
    hours = [(day + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S") for day in (end - DAY, end)]

    store.take(rendered(platform, folder))
    store.bucket()
    found.plans.append(store.feast("plan"))
    store.feast("apply")
    found.before = store.pipeline((end - DAY).isoformat())
    store.feast("materialize-incremental", hours[0])

    add_the_line(platform)
    command(platform, "presync pin")
    store.take(rendered(platform, folder))
    schema = json.loads((store.folder / "contract" / "user-features.schema.json").read_text())
    found.schema = schema["properties"][NEW]
    found.said["jq -cS .properties.orders_7d user-features.schema.json"] = _compact(found.schema)
    found.said["feast plan"] = store.feast("plan")
    found.plans.append(found.said["feast plan"])
    found.said["feast apply"] = store.feast("apply")
    store.serve()
    found.served["applied"] = answer(store.online("user-features", user_id=[USER]))
    try:
        store.feast("materialize-incremental", hours[0])
    except LiveError as error:
        found.too_early = str(error)

    found.after = store.pipeline(end.isoformat())
    line = next(line for line in store.logged("pipeline") if "[DP] user-features: 300 rows as of" in line)
    found.said["log"] = re.sub(r".*(\[DP\].*?)( \[mlops_lib.*)?$", r"\1", line)
    found.said[f"feast materialize-incremental {hours[1]}"] = store.feast("materialize-incremental", hours[1])
    found.served["materialized"] = answer(store.online("user-features", user_id=[USER]))
    found.served["churn"] = answer(store.online("user-churn-features", user_id=[USER]))
    found.said["curl"] = _compact(found.served["materialized"])
    return found


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def test_the_plan_shows_every_view_before_there_is_one(story: Story) -> None:
    created = re.findall(r"^Created (.*)$", story.plans[0], re.MULTILINE)
    assert sorted(created) == [
        "entity user_id",
        "feature service user-churn-features",
        "feature service user-features",
        "feature view user-churn-features",
        "feature view user-features",
        "project my_analytics",
    ]


def test_the_plan_of_the_change_is_about_the_changed_set_alone(story: Story) -> None:
    parts = re.split(r"^(?=Created|Updated|Deleted)", story.plans[1], flags=re.MULTILINE)[1:]
    updated = [part.partition("\n")[0] for part in parts if "\tfeatures: " in part]
    assert sorted(updated) == ["Updated feature service user-features", "Updated feature view user-features"]
    # Feast writes down when it has materialized a view, and calls that a difference, too.
    others = [part for part in parts if "\tfeatures: " not in part]
    assert all(re.findall(r"^\t(\w+): ", part, re.MULTILINE) == ["batch_source"] for part in others)
    assert f'name: "{NEW}"\nvalue_type: INT64' in story.plans[1]


def test_the_schema_has_the_column(story: Story) -> None:
    assert story.schema["type"] == ["integer", "null"]
    assert story.schema["x-arrow-type"] == "int64"


def test_what_is_stored_is_what_is_served(story: Story) -> None:
    for feature_set, served in (("user-features", "materialized"), ("user-churn-features", "churn")):
        row = {key: value for key, value in story.after[feature_set]["row"].items() if key != "event_timestamp"}
        assert story.served[served] == pytest.approx(row)
    assert isinstance(story.served["materialized"][NEW], int)


def test_until_then_the_new_feature_is_null_and_the_others_stay(story: Story) -> None:
    row = story.before["user-features"]["row"]
    assert NEW not in row
    assert story.served["applied"].pop(NEW) is None
    assert story.served["applied"] == pytest.approx({key: row[key] for key in story.served["applied"]})


def test_a_table_without_the_new_column_is_not_materialized(story: Story) -> None:
    assert f"KeyError: \"['{NEW}'] not in index\"" in story.too_early


def test_the_page_shows_it(story: Story) -> None:
    page = PAGE.read_text("utf-8")

    def replay(block: re.Match[str]) -> str:
        lines = []
        for words in re.findall(r"^\$ (.*)$", block[1], re.MULTILINE):
            known = next((one for one in story.said if _CHANGING.sub("…", one) == _CHANGING.sub("…", words)), None)
            key = known or ("curl" if words.startswith("curl ") else "log")
            lines += [f"$ {known or words}", *_shortened(key, story.said[key])]
        return f"<!-- live -->\n```console\n{chr(10).join(lines)}\n```"

    replayed = _LIVE.sub(replay, page)
    assert replayed.count("<!-- live -->") >= 4
    if os.environ.get("PRESYNC_WRITE_DOCS"):
        PAGE.write_text(replayed)
    assert _CHANGING.sub("…", replayed) == _CHANGING.sub("…", page), "PRESYNC_WRITE_DOCS=1 writes the page again"


def _shortened(name: str, text: str) -> Iterator[str]:
    """Without colours; of Feast's own words what happens to which field of which object."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines()
    if not name.startswith("feast "):
        yield from lines
        return
    blocks: list[list[str]] = []
    for line in filter(_TELLING.match, lines):
        if line.startswith("\t"):
            blocks[-1].append(f"  {line.partition(':')[0].strip()}: … -> …")
        else:
            blocks.append([line])
    # It takes views in any order.
    blocks.sort(key=lambda block: (block[0].startswith("No changes"), block[0]))
    yield from (line for block in blocks for line in block)


def test_the_line_is_one_line_of_one_file(story: Story) -> None:
    assert SET.startswith("charts/feature-store/featuresets/")
    assert story.after["user-features"]["row"][NEW] >= 0
