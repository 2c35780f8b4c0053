"""Valid Rego that regorus 0.13 cannot parse or reads otherwise, written so that it does; lines stay where they are.

Four things: a statement that begins with ``(`` on a line of its own is taken for a call of the line before; rules other
than functions may not have several bodies (``p[x] { ... } { ... }``), and functions not go without (``f("x")``); and
the path ``"/a/b~1c"`` of ``json.remove`` and ``json.filter`` is not read as a pointer.
"""

from __future__ import annotations

import json
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
_HEAD_GOES_ON = frozenset(["{", "=", ":=", "if", "else", "contains"])
_IN_THE_LIST = 2  # brackets around a path: those of the call and those of the list
_WORDS_GO_ON = frozenset({"not", "in", "some", "every", "with", "as", "else", "if", "contains"})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    first: bool  # of its line


def repair(source: str) -> str:
    """The same policy, in a form regorus reads."""
    edits = [(at, at, text) for at, text in (*_statements(source), *_bodies(source), *_facts(source))]
    for start, end, text in sorted([*edits, *_pointers(source)], reverse=True):
        source = source[:start] + text + source[end:]
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


def _facts(source: str) -> Iterator[tuple[int, str]]:
    """Where a function ends that is true of its arguments and says no more."""
    tokens = list(_tokens(source))
    depth = 0
    for at, token in enumerate(tokens):
        follows = tokens[at + 1] if at + 1 < len(tokens) else None
        if depth == 0 and token.first and token.kind == "word" and follows is not None and follows.text == "(":
            end = _closing(tokens, at + 1)
            after = tokens[end + 1] if end + 1 < len(tokens) else None
            if end < len(tokens) and (after is None or (after.first and after.text not in _HEAD_GOES_ON)):
                yield tokens[end].start + 1, " := true"
        if token.kind == "mark":
            depth += (token.text in _OPEN) - (token.text in _CLOSE)


def _pointers(source: str) -> Iterator[tuple[int, int, str]]:
    """Paths that are written as JSON pointers, as the list of their parts."""
    tokens = list(_tokens(source))
    for at in range(len(tokens) - 3):
        called = [token.text for token in tokens[at : at + 4]]
        if called[:2] != ["json", "."] or called[2] not in ("remove", "filter") or called[3] != "(":
            continue
        depth, second = 0, False
        for token in tokens[at + 3 : _closing(tokens, at + 3)]:
            if token.kind == "mark":
                depth += (token.text in _OPEN) - (token.text in _CLOSE)
                second = second or (depth == 1 and token.text == ",")
            elif second and depth == _IN_THE_LIST and token.kind in ("string", "raw"):
                path = _plain(token)
                if path.startswith("/") or "~" in path:
                    parts = [part.replace("~1", "/").replace("~0", "~") for part in path.lstrip("/").split("/")]
                    yield token.start, token.start + len(token.text), json.dumps(parts)


def _plain(token: _Token) -> str:
    """What a text says; nothing where it is none, which regorus tells better."""
    if token.kind == "raw":
        return token.text[1:-1]
    try:
        return str(json.loads(token.text))
    except ValueError:
        return ""


def _closing(tokens: list[_Token], opening: int) -> int:
    """The number of the mark that closes another; after the last one where nothing does."""
    depth = 0
    for at in range(opening, len(tokens)):
        if tokens[at].kind == "mark":
            depth += (tokens[at].text in _OPEN) - (tokens[at].text in _CLOSE)
            if depth == 0:
                return at
    return len(tokens)
