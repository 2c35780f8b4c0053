"""The bundled schemas: what they come from, and that packing them changed nothing."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from presync.platform.schemas import bundled
from presync.platform.schemas.crd import constraint_match

FOLDER = Path(bundled.__file__).parent / "bundled"
KINDS = [(group, version, kind) for (group, kind), versions in bundled.kinds().items() for version in versions]


def generator() -> Any:
    path = Path(__file__).parents[3] / "schemas" / "generate.py"
    spec = importlib.util.spec_from_file_location("generate_schemas", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_versions_are_recorded_and_are_those_of_the_generator() -> None:
    wanted = {(source.module, source.version) for source in generator().SOURCES}
    assert {(source["module"], source["version"]) for source in bundled.versions()["sources"]} == wanted
    assert all(source["sum"].startswith("h1:") for source in bundled.versions()["sources"])


def test_nothing_is_missing_and_nothing_is_left_over() -> None:
    files = {path.name for path in FOLDER.glob("*.json.gz")}
    assert files == {bundled.file_name(*one) for one in KINDS} | {"constraint-match.json.gz"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 200_000
    assert {"Application", "ApplicationSet", "AppProject", "SealedSecret", "Prometheus", "Certificate"} <= {
        kind for _, _, kind in KINDS
    }


@pytest.mark.parametrize("kind", KINDS, ids="/".join)
def test_every_schema_is_one(kind: tuple[str, str, str]) -> None:
    declared = bundled.load(*kind)
    assert declared is not None and declared.origin
    schema = declared.schema()
    jsonschema_rs.Draft202012Validator(schema)
    assert "description" not in json.dumps(schema["$defs"])[:2000]


def test_what_is_not_bundled_is_none() -> None:
    assert bundled.load("example.com", "v1", "Widget") is None
    assert bundled.load("argoproj.io", "v9", "Application") is None


def test_the_match_of_constraints_stands_alone() -> None:
    assert {"kinds", "namespaces", "labelSelector"} <= constraint_match()["properties"].keys()


def test_packing_keeps_the_meaning() -> None:
    part = {"type": "object", "properties": {f"field{at}": {"type": "string", "maxLength": 50} for at in range(6)}}
    schema = {
        "$schema": "x",
        "$defs": {"meta": {"type": "object"}},
        "type": "object",
        "properties": {"a": part, "b": {"type": "array", "items": part}, "c": {"properties": {"d": part}}},
    }
    packed = generator().compact(schema)
    assert len(packed["$defs"]) == 2
    assert packed["properties"]["b"]["items"] == {"$ref": "#/$defs/d0"}
    for good, data in [
        (True, {"a": {"field1": "x"}}),
        (False, {"b": [{"field2": 5}]}),
        (False, {"c": {"d": {"field3": 1}}}),
    ]:
        assert jsonschema_rs.Draft202012Validator(packed).is_valid(data) is good
        assert jsonschema_rs.Draft202012Validator({**schema, "$schema": packed["$schema"]}).is_valid(data) is good
