"""Streams taken apart as Kubernetes' decoders do it."""

from __future__ import annotations

from typing import Any

import pytest

from presync.render.documents import DocumentError, as_object, members, split, stream


def texts(text: str) -> list[str]:
    return [document for _, document in split(text)]


def test_separators() -> None:
    assert texts("a: 1\n---\nb: 2\n--- # comment\nc: 3") == ["a: 1\n", "b: 2\n", "c: 3\n"]
    assert texts("---\n---\na: |\n  ---\n") == ["a: |\n  ---\n"]
    assert texts("") == []
    assert [line for line, _ in split("# x\n---\na: 1\n---\nb: 1\n")] == [1, 3, 5]


def test_text_after_a_separator_is_an_error() -> None:
    with pytest.raises(DocumentError, match="invalid Yaml document separator: foo") as error:
        texts("a: 1\n--- foo\n")
    assert error.value.line == 2


def test_a_last_block_scalar_keeps_its_newline() -> None:
    assert [data for data, _ in stream("a: |\n  x")] == [{"a": "x\n"}]


def test_documents_without_content_are_passed_over() -> None:
    assert [data for data, _ in stream("# only\n---\nnull\n---\n~\n---\na: 1\n")] == [{"a": 1}]


def test_json_in_a_row() -> None:
    assert [data for data, _ in stream('{"a": 1}\n{"b": 2}')] == [{"a": 1}, {"b": 2}]
    assert [data for data, _ in stream("{a: 1}\n")] == [{"a": 1}], "a flow mapping is YAML"


def test_lines_of_documents_and_errors() -> None:
    assert [line for _, line in stream("# c\n\na: 1\n---\n# d\nb: 1\n")] == [3, 6]
    with pytest.raises(DocumentError) as error:
        list(stream("a: 1\n---\nb: [\n"))
    assert error.value.line >= 3


def test_integers_beyond_64_bits_lose_digits_as_in_go() -> None:
    assert next(stream("a: 12345678901234567890\nb: 9007199254740993\n"))[0] == {
        "a": 12345678901234567000,
        "b": 9007199254740993,
    }


@pytest.mark.parametrize(("data", "message"), [([1], "cannot unmarshal array"), ({"a": 1}, "Object 'Kind' is missing")])
def test_what_is_no_object(data: Any, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        as_object(data)


def test_lists_are_taken_apart_whatever_their_kind() -> None:
    item = {"kind": "ConfigMap"}
    assert members({"kind": "Anything", "items": [item, item]}) == [item, item]
    assert members({"kind": "ConfigMapList", "items": None}) == []
    assert members({"kind": "Thing", "items": None, "spec": {}}) == [{"kind": "Thing", "items": None, "spec": {}}]
    with pytest.raises(DocumentError, match="items member is not an object"):
        members({"kind": "List", "items": ["a"]})
