"""Field by field, as people see it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presync.change.fields import differences
from presync.change.model import MISSING


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("a", 1, 2)]),
        ({"a": 1}, {}, [("a", 1, MISSING)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        (
            {"l": [{"name": "x", "v": 1}]},
            {"l": [{"name": "y"}, {"name": "x", "v": 2}]},
            [("l.[name=x].v", 1, 2), ("l.[name=y]", MISSING, {"name": "y"})],
        ),
        ({"l": [1, 2]}, {"l": [2, 1]}, [("l", [1, 2], [2, 1])]),
        ({"l": [{"a": 1}]}, {"l": [{"a": 2}]}, [("l.0.a", 1, 2)]),
        (
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
            {"ports": [{"port": 53, "protocol": "TCP"}]},
            [("ports.[port=53,protocol=UDP]", {"port": 53, "protocol": "UDP"}, MISSING)],
        ),
        ({"l": [{"name": "x"}, {"name": "x"}]}, {"l": [{"name": "x"}]}, [("l.1", {"name": "x"}, MISSING)]),
        (
            {"l": [{"server": "a", "namespace": "x"}, {"server": "a", "namespace": "z"}]},
            {
                "l": [
                    {"server": "a", "namespace": "x"},
                    {"server": "a", "namespace": "y"},
                    {"server": "a", "namespace": "z"},
                ]
            },
            [("l.1", MISSING, {"server": "a", "namespace": "y"})],
        ),
        ({"l": [[1], [2], [3]]}, {"l": [[1], [3]]}, [("l.1", [2], MISSING)]),
        ({"a": {}}, {"a": {"b": 1}}, [("a.b", MISSING, 1)]),
        # Equal for Python, not for a cluster.
        ({"a": 0}, {"a": False}, [("a", 0, False)]),
        ({"l": [[True, False]]}, {"l": [[True, 0]]}, [("l.0", [True, False], [True, 0])]),
    ],
)
def test_differences(old: Any, new: Any, expected: list[tuple[str, Any, Any]]) -> None:
    assert [(".".join(map(str, one.path)), one.old, one.new) for one in differences(old, new)] == expected


def test_noise() -> None:
    old = {
        "metadata": {"labels": {"helm.sh/chart": "a-1"}},
        "spec": {"template": {"metadata": {"annotations": {"checksum/x": "1"}}}},
    }
    new = {
        "metadata": {"labels": {"helm.sh/chart": "a-2"}},
        "spec": {"template": {"metadata": {"annotations": {"checksum/x": "2"}}}},
    }
    assert [one.noise for one in differences(old, new)] == [True, True]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(["name", "a", "b"]), below, max_size=3),
    max_leaves=12,
)


@given(VALUES, VALUES)
def test_nothing_is_said_of_what_is_equal_and_something_of_what_is_not(old: Any, new: Any) -> None:
    assert differences(old, old) == ()
    same = _typed(old) == _typed(new)
    assert same or differences({"x": old}, {"x": new})


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    return (type(value), value)
