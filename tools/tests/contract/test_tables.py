"""The JSON Schemas and the template that charts/feature-store renders, by what the pipeline writes."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from presync.contract.metadata import FIELDS, faults
from tests.render.support import ROOT

ROW: dict[str, Any] = {
    "user_id": "u1",
    "event_timestamp": "2026-11-22T02:00:00+09:00",
    "events_7d": 12,
    "sessions_7d": 3,
    "purchase_amount_30d": 1250.5,
    "last_device": "ios",
}


@pytest.fixture(scope="module")
def files(resources_of_dev: Mapping[str, str]) -> dict[str, str]:
    return dict(resources_of_dev)


def errors(files: dict[str, str], row: dict[str, Any]) -> list[str]:
    schema = json.loads(files["user-features.schema.json"])
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    return [error.message for error in validator.iter_errors(row)]


def test_a_row_as_it_is_stored(files: dict[str, str]) -> None:
    assert errors(files, ROW) == []
    assert errors(files, {**ROW, "purchase_amount_30d": None, "last_device": None}) == []
    columns = json.loads(files["user-features.schema.json"])["x-feature-set"]["columns"]
    assert sorted(columns) == sorted(ROW)


@pytest.mark.parametrize(
    "defect",
    [
        {"user_id": None},
        {"user_id": ""},
        {"user_id": 7},
        {"event_timestamp": "yesterday"},
        {"event_timestamp": None},
        {"events_7d": None},
        {"events_7d": -1},
        {"events_7d": 1.5},
        {"events_7d": 2**63},
        {"sessions_7d": "3"},
        {"purchase_amount_30d": -0.01},
        {"purchase_amount_30d": "1,250"},
        {"last_device": "toaster"},
        {"last_device": True},
        {"surplus": 1},
    ],
    ids=str,
)
def test_a_defect_is_refused(files: dict[str, str], defect: dict[str, Any]) -> None:
    assert errors(files, {**ROW, **defect})


@pytest.mark.parametrize("column", ROW)
def test_a_missing_column_is_refused(files: dict[str, str], column: str) -> None:
    assert errors(files, {name: value for name, value in ROW.items() if name != column})


def test_the_template_is_what_the_pipeline_fills_in(files: dict[str, str]) -> None:
    assert list(faults(files["metadata.json.j2"])) == []
    calls = [
        node
        for node in ast.walk(ast.parse((ROOT / "dags/mlops_lib/dp/store.py").read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "metadata"
    ]
    assert {keyword.arg for call in calls for keyword in call.keywords} == set(FIELDS)
