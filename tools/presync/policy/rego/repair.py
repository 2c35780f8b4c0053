"""Valid Rego that regorus 0.13 cannot parse, written so that it can; lines stay where they are.

Two things: a statement that begins with ``(`` on a line of its own is taken for a call of the line before, and rules
other than functions may not have several bodies (``p[x] { ... } { ... }``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+)|(?P<newline>\n)|(?P<comment>\#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<raw>`[^`]*`)"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9A-Za-z.]*)|(?P<mark>:=|==|!=|<=|>=|.)""",
    re.DOTALL,
)
_OPEN, _CLOSE = "([{", ")]}"
# After one of these a line that begins with "(" goes on; after anything else a statement has ended.
_GOES_ON = frozenset(
    [*_OPEN, ",", ";", ":", "|", "&", "+", "-", "*", "/", "%", "=", ":=", "==", "!=", "<", ">", "<=", ">="]
)
_WORDS_GO_ON = frozenset({"not", "in", "some", "every", "with", "as", "else", "if", "contains"})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    first: bool  # of its line


def repair(source: str) -> str:
    """The same policy, in a form regorus reads."""
    edits = sorted([*_statements(source), *_bodies(source)], reverse=True)
    for at, text in edits:
        source = source[:at] + text + source[at:]
    return source


def _tokens(source: str) -> Iterator[_Token]:
    first = True
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or ""
        if kind == "newline":
            first = True
        elif kind not in ("space", "comment"):
            yield _Token(kind, match.group(), match.start(), first)
            first = False


def _statements(source: str) -> Iterator[tuple[int, str]]:
    """Where a statement begins with a parenthesis: ``true;`` before it."""
    stack: list[str] = []
    before: _Token | None = None
    for token in _tokens(source):
        if token.kind == "mark" and token.text in _OPEN:
            ended = before is not None and before.text not in _GOES_ON and before.text not in _WORDS_GO_ON
            if token.text == "(" and token.first and ended and stack and stack[-1] != "(":
                yield token.start, "true; "
            stack.append(token.text)
        elif token.kind == "mark" and token.text in _CLOSE and stack:
            stack.pop()
        before = token


def _bodies(source: str) -> Iterator[tuple[int, str]]:
    """Where a second body of a rule begins: the head of the rule again."""
    depth = 0
    head_start, head = 0, ""
    before: _Token | None = None
    for token in _tokens(source):
        mark = token.text if token.kind == "mark" else ""
        if depth == 0:
            if mark == "{" and before is not None and before.text == "}" and head:
                yield token.start, head
            elif mark == "{" and before is not None and before.text not in ("=", ":=", "in"):
                head = source[head_start : token.start]
            elif token.first:
                head_start, head = token.start, ""
        if mark and mark in _OPEN:
            depth += 1
        elif mark and mark in _CLOSE:
            depth = max(0, depth - 1)
        before = token
