"""Values of Go: printed, flattened, merged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presync.argocd.appset import govalues
from presync.argocd.appset.govalues import GoPanic, MapList, StrList, StrMap


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (1000000, "1e+06"),
        (999999.5, "999999.5"),
        (1234567, "1.234567e+06"),
        (123456789.125, "1.23456789125e+08"),
        (1.50, "1.5"),
        (3.0, "3"),
        (100000, "100000"),
        (0.0001, "0.0001"),
        (0.00001234, "1.234e-05"),
        (0.012, "0.012"),
        (-0.0, "-0"),
        (1e21, "1e+21"),
        (-7, "-7"),
        (True, "true"),
        (None, "<nil>"),
        ([1000000, None, "a"], "[1e+06 <nil> a]"),
        ({"b": 1, "a": {"x": []}}, "map[a:map[x:[]] b:1]"),
    ],
)
def test_text(value: Any, printed: str) -> None:
    assert govalues.text(value) == printed


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_names_itself(value: float) -> None:
    assert float(govalues.number(value)) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1.0, "a": "<é\n>"}, '{"a":"\\u003cé\\n\\u003e","b":1}'),
        (
            [1e21, 1e-7, 0.000001234, 12345678901234567890, None, True],
            "[1e+21,1e-7,0.000001234,12345678901234567000,null,true]",
        ),
    ],
)
def test_to_json(value: Any, written: str) -> None:
    assert govalues.to_json(value) == written
    json.loads(written)


def test_floats() -> None:
    assert govalues.floats({"a": [9007199254740993, True, 3]}) == {"a": [9007199254740992, True, 3]}


def test_quote() -> None:
    assert govalues.quote('a"b\\\n\x01é\u200b') == '"a\\"b\\\\\\n\\x01é\\u200b"'


def test_flatten_opens_typed_maps_in_maps_only() -> None:
    params = {
        "a": {"b": [1000000, {"c": True}]},
        "empty": {},
        "values": StrMap({"x": "1"}),
        "path": {"segments": StrList(["a", "b"])},
        "clusters": MapList([{"name": "x"}]),
        "list": [{"labels": StrMap({"y": "2"})}],
    }
    assert govalues.flatten(params) == {
        "a.b.0": "1e+06",
        "a.b.1.c": "true",
        "values.x": "1",
        "path.segments": "[a b]",
        "clusters": "[map[name:x]]",
        "list.0.labels": "map[y:2]",
    }


def test_merge_override() -> None:
    shared = {"x": 1}
    target: dict[str, Any] = {"a": "old", "map": shared, "list": [1, 2], "kept": {}, "other": "text"}
    govalues.merge_override(target, {"a": "", "map": {"y": None}, "list": [], "kept": {}, "other": {"z": 1}})
    assert target == {"a": "", "map": {"x": 1, "y": None}, "list": [], "kept": {}, "other": {"z": 1}}
    assert shared == {"x": 1, "y": None}  # changed in place


def test_a_map_of_texts_takes_only_texts() -> None:
    target: dict[str, Any] = {"values": StrMap({"a": "b"})}
    govalues.merge_override(target, {"values": StrMap({"c": "d"})})
    assert target == {"values": {"a": "b", "c": "d"}}
    with pytest.raises(GoPanic, match="not assignable to type string"):
        govalues.merge_override(target, {"values": {"e": "f"}})


def test_combine() -> None:
    assert govalues.combine({"a": 1, "b": "x"}, {"a": "1", "c": None}) == {"a": "1", "b": "x", "c": "<nil>"}
    with pytest.raises(ValueError, match="found duplicate key b with different value, a: x ,b: y"):
        govalues.combine({"b": "x"}, {"b": "y"})


def test_copies_keep_their_types() -> None:
    value = {"a": StrMap({"b": "c"}), "l": [StrList(["x"])], "m": MapList([{"n": StrMap()}])}
    same = govalues.copy(value)
    assert same == value
    assert same is not value
    assert isinstance(same["a"], StrMap)
    assert isinstance(same["l"][0], StrList)
    assert isinstance(same["m"], MapList)
    assert isinstance(same["m"][0]["n"], StrMap)
