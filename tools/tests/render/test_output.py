"""YAML that every reader reads alike."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from presync.base import goyaml
from presync.base.finding import Location
from presync.render.model import Resource
from presync.render.output import dump, dump_data


def test_documents() -> None:
    one = Resource({"kind": "B", "apiVersion": "v1", "list": [{"b": 1, "a": 2}]}, "", Location())
    text = dump([one, one])
    assert (
        text == "apiVersion: v1\nkind: B\nlist:\n- a: 2\n  b: 1\n---\napiVersion: v1\nkind: B\nlist:\n- a: 2\n  b: 1\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("y", '"y"'),
        ("off", '"off"'),
        ("1e3", '"1e3"'),
        ("0755", '"0755"'),
        ("2020-01-01", '"2020-01-01"'),
        ("12:30", '"12:30"'),
        ("", '""'),
        ("=", '"="'),
        ("5Gi", "5Gi"),
        ("v1.2.3", "v1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
    ],
)
def test_scalars(value: Any, text: str) -> None:
    assert dump_data({"a": value}) == f"a: {text}\n"


def test_long_text_stays_on_lines_of_its_own() -> None:
    assert dump_data({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"
    assert dump_data({"a": "x " * 200}).count("\n") == 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=5))
def test_what_is_written_is_read_back(value: dict[str, Any]) -> None:
    text = dump_data(value)
    assert (goyaml.load(text) or {}) == value
    assert yaml.safe_load(text) == value
