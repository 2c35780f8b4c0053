"""The table that the library of the DAGs writes, and the JSON Schema that is rendered for it: they agree on every row,
and both refuse each planted defect, by the name of the column.
"""

from __future__ import annotations

import json
import subprocess
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.contract.live.store import DAGS, ROOT

SCRIPT = Path(__file__).parent / "live" / "table.py"
USER, CHURN = "user-features", "user-churn-features"
SECONDS = 300

# What is done to which column; `types`: the values are the same, and only their type says that they are not.
DEFECTS: list[tuple[str, str, str, str, object]] = [
    ("a missing feature", USER, "events_7d", "drop", None),
    ("a missing key", USER, "user_id", "drop", None),
    ("a missing time", USER, "event_timestamp", "drop", None),
    ("a further column", USER, "surplus", "add", 1),
    ("another order", USER, "events_7d", "last", None),
    ("a number as text", USER, "events_7d", "cast", "string"),
    ("a sum as text", USER, "purchase_amount_30d", "cast", "string"),
    ("a smaller number", USER, "events_7d", "cast", "int32"),
    ("a whole number as a fraction", USER, "sessions_7d", "cast", "double"),
    ("a wider fraction", CHURN, "avg_session_duration", "cast", "double"),
    ("a yes for a text", USER, "last_device", "set", True),
    ("a null of a key", USER, "user_id", "set", None),
    ("a null of the time", USER, "event_timestamp", "set", None),
    ("a null where none may be", USER, "events_7d", "set", None),
    ("a null in the other set", CHURN, "total_sessions", "set", None),
    ("an empty key", USER, "user_id", "set", ""),
    ("less than the least", USER, "events_7d", "set", -1),
    ("a sum below nothing", USER, "purchase_amount_30d", "set", -0.01),
    ("more than the most", CHURN, "avg_session_duration", "set", 86401.0),
    ("a value that is not allowed", USER, "last_device", "set", "toaster"),
    ("a time without a zone", USER, "event_timestamp", "cast", "naive"),
    ("a time in milliseconds", USER, "event_timestamp", "cast", "milliseconds"),
    ("a day for a time", USER, "event_timestamp", "cast", "day"),
    ("a number for a time", USER, "event_timestamp", "cast", "int64"),
    ("a text for a time", USER, "event_timestamp", "cast", "string"),
]
# Here rows are the same as JSON; the type or the place of the column tells.
BY_TYPE = {
    "another order",
    "a smaller number",
    "a whole number as a fraction",
    "a wider fraction",
    "a time in milliseconds",
}


def skip(reason: str) -> None:
    text = f"NOT TRIED: the stored table against its schema: {reason}"
    warnings.warn(pytest.PytestWarning(text), stacklevel=2)
    pytest.skip(text)


@pytest.fixture(scope="module")
def contract(resources_of_dev: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the library finds them."""
    folder = tmp_path_factory.mktemp("contract")
    for name, text in resources_of_dev.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def tables(contract: Path) -> dict[str, Any]:
    """What the library wrote, and the same with each defect."""
    if not (DAGS / "python").is_file():
        skip("what dags/ needs is not installed; `make .cache/dags/.done` installs it")
    asked = [dict(zip(("set", "column", "do", "to"), defect[1:], strict=True)) for defect in DEFECTS]
    done = subprocess.run(
        [DAGS / "python", SCRIPT],
        input=json.dumps({"contract": str(contract), "defects": asked}),
        env={"PYTHONPATH": f"{ROOT / 'dags'}:{ROOT / 'dags' / 'tests'}", "AWS_DEFAULT_REGION": "ap-northeast-2"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout[done.stdout.index('{"tables"') :])
    return found


def by_rows(schema: Mapping[str, Any], table: Mapping[str, Any]) -> list[str]:
    """What JSON Schema says of the rows, each message with the column."""
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for row in table["rows"]
        for error in validator.iter_errors(row)
    ]


def by_types(schema: Mapping[str, Any], table: Mapping[str, Any]) -> list[str]:
    """What the schema says of the columns beyond their values: x-arrow-type, and their order in x-feature-set."""
    found = [
        f"{name}: {kind} is not {schema['properties'][name]['x-arrow-type']}"
        for name, kind in table["columns"]
        if name in schema["properties"] and kind != schema["properties"][name]["x-arrow-type"]
    ]
    order = [name for name in schema["x-feature-set"]["columns"] if name in dict(table["columns"])]
    there = [name for name, _ in table["columns"] if name in schema["properties"]]
    moved = [name for name, other in zip(order, there, strict=True) if name != other]
    return found + [f"{name}: is not where it belongs" for name in moved[:1]]


def schema_of(contract: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((contract / f"{name}.schema.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", [USER, CHURN])
def test_what_is_stored_is_what_the_schema_says(contract: Path, tables: dict[str, Any], name: str) -> None:
    schema, table = schema_of(contract, name), tables["tables"][name]
    assert len(table["rows"]) == 300
    assert by_rows(schema, table) == []
    assert by_types(schema, table) == []
    assert [column for column, _ in table["columns"]] == schema["x-feature-set"]["columns"]
    assert table["library"] == []


@pytest.mark.parametrize("at", range(len(DEFECTS)), ids=[defect[0] for defect in DEFECTS])
def test_a_defect_is_refused_by_the_name_of_its_column(contract: Path, tables: dict[str, Any], at: int) -> None:
    what, name, column, *_ = DEFECTS[at]
    schema, table = schema_of(contract, name), tables["defects"][at]
    rows, types = by_rows(schema, table), by_types(schema, table)
    assert any(column in one for one in (types if what in BY_TYPE else rows)), (rows, types)
    assert (what in BY_TYPE) == (not rows)
    # And by the checks before it is stored.
    assert any(column in one for one in table["library"]), table["library"]
