"""Manifests are taken apart as text, and written so that every reader of YAML reads the same."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from controlplane.documents import DocumentError, canonical, fields, of_object, read


def test_documents_keep_their_text_and_line() -> None:
    text = "# first\n---\n# a comment\nkind: A\nmetadata: {name: 012}\n--- # second\n\nkind: B\n---\n---\n"
    first, second = read(text, "x.yaml")
    assert (first.kind, first.name, first.place) == ("A", "012", "x.yaml:4")
    assert first.text == "\n# a comment\nkind: A\nmetadata: {name: 012}\n"
    assert (second.kind, second.place) == ("B", "x.yaml:8")


def test_a_list_is_taken_apart_without_reading_its_values() -> None:
    text = """kind: List
apiVersion: v1
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: "012", y: 1e3}}
  - apiVersion: v1
    kind: Secret
    metadata: {name: b, namespace: c}
"""
    first, second = read(text)
    assert (first.title, second.title, second.line) == ("ConfigMap a", "Secret c/b", 5)
    assert '"012"' in first.text
    assert "1e3" in first.text
    assert '"1e3"' not in first.text


def test_of_a_repeated_key_the_last_one_counts() -> None:
    [document] = read("kind: A\nspec: {a: 1, b: 2, a: 3}\n")
    assert fields(document) == {"kind": "A", "spec": {"b": "2", "a": "3"}}
    assert document.text.count("a:") == 1


def test_json_may_hold_tabs() -> None:
    [document] = read('{\n\t"kind": "A",\n\t"metadata": {"name": "x"}\n}\n')
    assert document.title == "A x"
    assert [item.title for item in read('{"kind": "List", "items": [{"kind": "A"}, {"kind": "B"}]}')] == ["A ", "B "]


@pytest.mark.parametrize("text", ["kind: A\n---\na: [\n", "- a\n", "just text\n"])
def test_what_is_no_manifest_is_named(text: str) -> None:
    with pytest.raises(DocumentError, match=r"x\.yaml:\d"):
        read(text, "x.yaml")


def test_canonical_form() -> None:
    objects: list[dict[str, object]] = [
        {"kind": "B", "apiVersion": "v1", "metadata": {"name": "b"}},
        {
            "kind": "A",
            "apiVersion": "v1",
            "metadata": {"name": "a"},
            "on": "yes",
            "n": [1, {"x": ["1e3"]}],
            "t": "a\nb",
        },
    ]
    assert canonical(objects) == (
        'apiVersion: v1\nkind: A\nmetadata:\n  name: a\n"n":\n  - 1\n  - x:\n      - "1e3"\n"on": "yes"\n'
        "t: |-\n  a\n  b\n---\napiVersion: v1\nkind: B\nmetadata:\n  name: b\n"
    )


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20)
)
lines = st.lists(st.text("ab: -#|>'\"\t é", max_size=6), max_size=5).map("\n".join)
names = st.text(max_size=5)
values = st.recursive(
    leaves | lines,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(names, values, max_size=4))
def test_canonical_form_says_what_was_said(value: dict[str, object]) -> None:
    text = canonical([{**value, "kind": "A", "metadata": {}}])
    assert yaml.safe_load(text) == {**value, "kind": "A", "metadata": {}}


def test_an_object_is_sent_as_json() -> None:
    assert of_object({"kind": "A", "metadata": {"name": "x"}}).text == '{"kind": "A", "metadata": {"name": "x"}}'
