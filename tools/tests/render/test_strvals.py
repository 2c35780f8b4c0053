"""Assignments as Helm reads them: the odd ones by hand, the rest against Helm's own parser in the engine."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from presync.engine import Engine, EngineError
from presync.render.strvals import Int64, StrvalsError, parse_file_into, parse_into, typed


def parsed(text: str, values: dict[str, Any] | None = None, as_string: bool = False) -> dict[str, Any]:
    result = dict(values or {})
    parse_into(text, result, as_string)
    return result


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("0", 0),
        ("-5", -5),
        ("+5", 5),
        ("007", "007"),
        ("1.0", "1.0"),
        ("1e3", "1e3"),
        ("True", True),
        ("FALSE", False),
        ("Null", None),
        ("", ""),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "9223372036854775808"),
        ("1_000", "1_000"),
        ("٣", "٣"),
    ],
)
def test_types(text: str, value: Any) -> None:
    found = typed(text)
    assert found == value
    assert type(found) is (Int64 if isinstance(value, int) and not isinstance(value, bool) else type(value))


def test_an_index_edits_a_list_that_is_there() -> None:
    values = {"list": [1, 2, {"a": 1}]}
    assert parsed("list[1]=9,list[2].b=x", values) == {"list": [1, 9, {"a": 1, "b": "x"}]}
    assert values == {"list": [1, 2, {"a": 1}]}, "what was given is not changed"


def test_a_map_in_the_way_of_a_list_is_an_error() -> None:
    with pytest.raises(StrvalsError, match="unable to parse key: interface conversion"):
        parsed("a[0]=1", {"a": {"b": 1}})


def test_files_are_text() -> None:
    values: dict[str, Any] = {}
    parse_file_into("a.b=path", values, lambda path: f"content of {path}")
    assert values == {"a": {"b": "content of path"}}


_TEXT = st.text(alphabet="ab1-0.,=[]{}\\ té", max_size=24)


@given(text=_TEXT, as_string=st.booleans())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text="a[0", as_string=False)
@example(text="a[0].b=", as_string=False)
@example(text="a={1,{2},3},b=c", as_string=False)
@example(text="a[0][1].b={}", as_string=True)
@example(text="a.b[2].c=1,a.b[0]=x", as_string=False)
@example(text="a[1].=1", as_string=False)
@example(text=".a=1", as_string=False)
@example(text="=1", as_string=False)
def test_as_helms_own_parser(text: str, as_string: bool, engine: Engine) -> None:
    kind = "string" if as_string else "set"
    try:
        theirs = json.loads(engine.call("parameters", [text.encode()], kind=kind)[1][0])
        error = ""
    except EngineError as failure:
        theirs, error = None, failure.message
    try:
        mine, refused = parsed(text, as_string=as_string), ""
    except StrvalsError as failure:
        mine, refused = None, str(failure)
    assert bool(error) == bool(refused), (error, refused)
    if not error:
        assert mine == theirs
