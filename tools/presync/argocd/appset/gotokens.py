"""The actions of a Go template, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KEYWORDS = frozenset(
    "if else end range with define block template break continue nil true false".split()  # noqa: SIM905
)

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<string>"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*')
    |(?P<field>\.[A-Za-z_]\w*)
    |(?P<variable>\$\w*)
    |(?P<number>[-+]?\.?[0-9][\w.+-]*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<punctuation>:=|.)""",
    re.VERBOSE | re.DOTALL,
)
_ACTION = re.compile(r"\{\{(?:-(?=\s))?")
_COMMENT = re.compile(r"\s*/\*.*?\*/(?:\s*-)?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an action; ``first`` when it begins a command and may be a function with arguments."""

    kind: str
    text: str
    start: int
    first: bool = False


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column as Go's text/template counts them: lines from 1, bytes from 0."""
    before = text[:at]
    return before.count("\n") + 1, len(before[before.rfind("\n") + 1 :].encode())


def command_end(tokens: list[Token], index: int) -> int:
    """Where the command that the token begins ends: before the next ``|`` or the closing parenthesis."""
    depth = 0
    end = tokens[index].start + len(tokens[index].text)
    for token in tokens[index + 1 :]:
        if token.text == "(" and token.kind == "punctuation":
            depth += 1
        elif token.kind == "punctuation" and token.text in (")", "|") and not depth:
            break
        elif token.text == ")" and token.kind == "punctuation":
            depth -= 1
        if token.kind != "space":
            end = token.start + len(token.text)
    return end


def actions(text: str) -> Iterator[list[Token]]:
    """The tokens of every action; an action that is not closed is left to the engine to complain about."""
    at = 0
    while opening := _ACTION.search(text, at):
        comment = _COMMENT.match(text, opening.end())
        if comment:
            at = comment.end()
            continue
        tokens, at = _tokens(text, opening.end())
        yield tokens


def _tokens(text: str, at: int) -> tuple[list[Token], int]:
    tokens: list[Token] = []
    first = True
    while at < len(text):
        if text.startswith("}}", at):
            return tokens, at + 2
        if text.startswith("-}}", at) and tokens and tokens[-1].kind == "space":
            return tokens, at + 3
        found = _TOKEN.match(text, at)
        if found is None:  # cannot happen: the last alternative takes any character
            break
        kind, piece = str(found.lastgroup), found[0]
        tokens.append(Token(kind, piece, at, first))
        if kind != "space":
            keyword = kind == "word" and piece in KEYWORDS - {"nil", "true", "false"}
            first = keyword or (kind == "punctuation" and piece in ("|", "(", ":=", "="))
        at = found.end()
    return tokens, len(text)
