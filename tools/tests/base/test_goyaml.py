"""YAML is read as Go reads it, and hostile documents are bounded."""

from __future__ import annotations

import time

import pytest

from presync.base import goyaml
from presync.base.finding import Location

# What sigs.k8s.io/yaml makes of a plain scalar; each observed on Argo CD 3.5.7 or through Helm's own reader.
SCALARS = [
    ("y", True),
    ("Yes", True),
    ("on", True),
    ("n", False),
    ("OFF", False),
    ("true", True),
    ("yEs", "yEs"),
    ("~", None),
    ("Null", None),
    ("012", 10),
    ("0755", 493),
    ("0o755", 493),
    ("0x1F", 31),
    ("0b11", 3),
    ("1_000", 1000),
    ("+1", 1),
    ("-7", -7),
    ("1e3", 1000),
    ("3.0", 3),
    ("1.10", 1.1),
    (".5", 0.5),
    ("089", 89),
    ("1:30", "1:30"),
    ("12:30:45", "12:30:45"),
    ("2024-01-02", "2024-01-02"),
    ("=", "="),
    ("1.2.3", "1.2.3"),
    ("v1", "v1"),
    ('"007"', "007"),
    ("'yes'", "yes"),
    ("!!str 12", "12"),
    ("9007199254740993", 9007199254740993),
]


@pytest.mark.parametrize(("text", "expected"), SCALARS, ids=[text for text, _ in SCALARS])
def test_scalars(text: str, expected: object) -> None:
    value = goyaml.load(f"v: {text}\n")["v"]
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n: a", {"false": "a"}),
        ("y: 1\non: 2\nYes: 3", {"true": 3}),
        ("1: a\n1.5: b", {"1": "a", "1.5": "b"}),
        ("a: 1\na: 2", {"a": 2}),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ],
)
def test_keys(text: str, expected: object) -> None:
    assert goyaml.load(text) == expected


@pytest.mark.parametrize(
    "text", ["v: .inf", "v: .nan", "~: 1", "? [a]\n: b", "a: [", "a: b: c", "\ta: 1", "a: !!bool maybe"]
)
def test_refused(text: str) -> None:
    with pytest.raises(goyaml.GoYamlError):
        goyaml.load(text)


def test_documents_carry_their_first_line() -> None:
    found = list(goyaml.documents("# comment\na: 1\n---\n---\n# only a comment\n---\n\nb: 2\n"))
    assert [(document.data, document.line) for document in found] == [({"a": 1}, 2), ({"b": 2}, 8)]


def test_errors_name_the_line() -> None:
    with pytest.raises(goyaml.GoYamlError) as caught:
        goyaml.load("a: 1\nb: [\n")
    assert caught.value.line == 3
    with pytest.raises(goyaml.GoYamlError) as caught:
        goyaml.decode(b"a: 1\nb: \xff\n")
    assert caught.value.line == 2
    assert "UTF-8" in caught.value.message


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (_bomb(9), "aliases are expanded"),
        ("a: &a [*a]", "alias to itself"),
        ("[" * 100_000, "nested more than"),
        ("- " * 100_000, "nested more than"),
        ("".join(" " * n + "a:\n" for n in range(2000)), "nested more than"),
        ("{a: " * 5_000 + "1" + "}" * 5_000, "nested more than"),
    ],
    ids=["aliases", "cycle", "flow sequences", "block sequences", "block mappings", "flow mappings"],
)
def test_bombs_are_bounded(text: str, part: str) -> None:
    start = time.monotonic()
    with pytest.raises(goyaml.GoYamlError, match=part):
        goyaml.load(text)
    assert time.monotonic() - start < 20


def test_harmless_aliases_pass() -> None:
    assert goyaml.load(_bomb(3))["a2"][0][0][0] == "x"


def test_brackets_in_text_are_not_depth() -> None:
    assert goyaml.load("a: |\n  " + "[" * 2_000)["a"] == "[" * 2_000


def test_too_large_is_refused() -> None:
    with pytest.raises(goyaml.GoYamlError, match="bytes"):
        goyaml.decode(b"a" * (goyaml.MAX_BYTES + 1))


def test_locate() -> None:
    document = next(goyaml.documents("a:\n  b:\n    - c: 1\n    - d: 2\n"))
    assert goyaml.locate(document.node, ["a", "b", 1, "d"], "f.yaml") == Location("f.yaml", 4, 7)
    assert goyaml.locate(document.node, ["a", "nope", "x"], "f.yaml") == Location("f.yaml", 1, 1)
    assert str(Location("f.yaml", 4, 7)) == "f.yaml:4:7"
