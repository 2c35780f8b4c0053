"""Differences taken back."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from presync.change.causes.undo import patched, undone, with_value
from presync.change.fields import differences
from presync.change.model import MISSING

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["", "a", "b"]))
KEYS = st.sampled_from(["a", "b", "name", "port"])
DATA = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(KEYS, below, max_size=4)),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(KEYS, DATA, max_size=4)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(MAPPINGS, MAPPINGS)
def test_all_taken_back_is_the_base(base: dict[str, Any], head: dict[str, Any]) -> None:
    assert not differences(base, undone(head, differences(base, head)))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(MAPPINGS, MAPPINGS, st.integers(0, 2**12))
def test_any_part_can_be_taken_back(base: dict[str, Any], head: dict[str, Any], chosen: int) -> None:
    every = differences(base, head)
    some = [one for at, one in enumerate(every) if chosen >> at & 1]
    left = differences(base, undone(head, some))
    assert bool(left) == (len(some) < len(every)) or not left


@settings(max_examples=200, deadline=None, derandomize=True)
@given(MAPPINGS, MAPPINGS)
def test_values_without_anything_on_top_begin_anew(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = patched(old, old, new)
    assert found is not None and not differences(found, new)


def test_what_was_set_on_top_stays() -> None:
    assert patched({"a": 3, "b": 1}, {"a": 1, "b": 1}, {"a": 2, "b": 2}) == {"a": 3, "b": 2}
    assert patched({"a": {"x": 3}}, {"a": [1]}, {"a": [2]}) is None
    assert with_value({"a": {"b": 1}}, ("a", "c"), 2) == {"a": {"b": 1, "c": 2}}
    assert with_value({"a": {"b": 1}}, ("a", "b"), MISSING) == {"a": {}}
