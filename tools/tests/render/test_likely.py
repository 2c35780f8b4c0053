"""A misspelt value gets the likely key."""

from __future__ import annotations

import json

import pytest

from presync.render.likely import likely_key

SCHEMA = json.dumps(
    {
        "properties": {
            "replica": {"$ref": "#/$defs/replica"},
            "volumes": {"type": "array", "items": {"properties": {"storageClass": {}, "name": {}}}},
            "image": {"allOf": [{"properties": {"repository": {}}}, {"properties": {"tag": {}}}]},
            "loop": {"$ref": "#/properties/loop"},
        },
        "$defs": {"replica": {"properties": {"replicaCount": {}, "resources": {}}}},
    }
).encode()


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        (["replica", "replicaCout"], "replicaCount"),
        (["volumes", 0, "storageclass"], "storageClass"),
        (["image", "repositry"], "repository"),
        (["imag"], "image"),
        (["replica", "zzz"], ""),
        (["nope", "replicaCout"], ""),
        (["loop", "x"], ""),
    ],
)
def test_likely(path: list[str | int], meant: str) -> None:
    assert likely_key(SCHEMA, path) == meant


def test_a_schema_that_is_none() -> None:
    assert likely_key(b"{", ["a"]) == ""
