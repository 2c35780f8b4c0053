"""A value is replaced or added, and every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presync.base import goyaml
from presync.contract.editing import NotEditable, value_at, write

PATH = ("contract", "hash")
NEW = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("contract:\n  hash: old\n", f"contract:\n  hash: {NEW}\n"),
        ("contract: {hash: old, a: b}\n", f"contract: {{hash: {NEW}, a: b}}\n"),
        ("contract:\n  hash: 'old'  # why\n", f"contract:\n  hash: '{NEW}'  # why\n"),
        ('contract:\n  hash: ""\nz: 1\n', f'contract:\n  hash: "{NEW}"\nz: 1\n'),
        ("contract:\n  hash:\n  b: c\n", f"contract:\n  hash: {NEW}\n  b: c\n"),
        ("contract:\r\n  hash: old\r\n", f"contract:\r\n  hash: {NEW}\r\n"),
        ("\ufeffcontract:\n  hash: old\n", f"\ufeffcontract:\n  hash: {NEW}\n"),
        ("a: 1\n", f"a: 1\ncontract:\n  hash: {NEW}\n"),
        ("a: 1", f"a: 1\ncontract:\n  hash: {NEW}\n"),
        ("", f"contract:\n  hash: {NEW}\n"),
        ("# only this\n", f"# only this\ncontract:\n  hash: {NEW}\n"),
        ("contract:\nb: 1\n", f"contract:\n  hash: {NEW}\nb: 1\n"),
        (
            "contract: # here\n    # of the name\n    name: x\n",
            f"contract: # here\n    hash: {NEW}\n    # of the name\n    name: x\n",
        ),
        ("é: ü\ncontract:\n  hash: old\n", f"é: ü\ncontract:\n  hash: {NEW}\n"),
    ],
)
def test_written(text: str, changed: str) -> None:
    assert write(text, PATH, NEW) == changed
    assert write(changed, PATH, NEW) == changed
    assert value_at(changed, PATH) == NEW


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("contract: {a: b}\n", "braces"),
        ("contract: {}\n", "braces"),
        ("{a: b}\n", "braces"),
        ("contract:\n  hash: &a old\nb: *a\n", "anchor"),
        ("a: &a old\ncontract:\n  hash: *a\n", "alias"),
        ("a: &a {hash: old}\ncontract: *a\n", "alias"),
        ("contract:\n  hash: |\n    old\n", "one line"),
        ("contract:\n  hash: [old]\n", "one line"),
        ("contract: text\n", "no map"),
        ("contract:\n  hash: old\n---\na: 1\n", "several documents"),
        ("a: 1\n...\n", "ends with"),
        ("a: [\n", "not YAML"),
        ("- a\n", "no map"),
    ],
)
def test_not_guessed(text: str, reason: str) -> None:
    with pytest.raises(NotEditable, match=reason):
        write(text, PATH, NEW)


COMMENT = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
BLANKS = st.integers(0, 3).map(lambda count: " " * count)
QUOTE = st.sampled_from(["", "'", '"'])


@given(st.lists(COMMENT, min_size=4, max_size=4), BLANKS, QUOTE, st.sampled_from(["\n", "\r\n"]), st.integers(1, 6))
def test_comments_blanks_and_quotes_stay(notes: list[str], blanks: str, quote: str, newline: str, indent: int) -> None:
    lines = [
        f"# {notes[0]}",
        f"before:   [1,   2]   # {notes[1]}",
        "",
        "contract:",
        f"{' ' * indent}# {notes[2]}",
        f"{' ' * indent}hash: {blanks}{quote}old{quote}{blanks} # {notes[3]}",
        f"{' ' * indent}name: 'x'",
        "",
    ]
    text = newline.join(lines)
    changed = write(text, PATH, NEW)
    assert changed == text.replace(f"{quote}old{quote}{blanks} #", f"{quote}{NEW}{quote}{blanks} #")
    assert goyaml.load(changed)["contract"] == {"hash": NEW, "name": "x"}
