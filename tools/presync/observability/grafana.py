"""Grafana's variables in a query: which there are, and the query with something in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator

VARIABLE = re.compile(r"\$\{(\w+)(?:[:.\[][^}]*)?\}|\$([A-Za-z_]\w*)|\[\[(\w+)(?::\w+)?\]\]")
STAND_IN = "presyncvariable"  # a name that has it in it is not known
_NUMBERS = frozenset({"__interval_ms", "__range_s", "__range_ms", "__from", "__to"})
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|\[\[\w+(?::\w+)?\]\]|\[|\]|#[^\n]*')
_UNIT = re.compile(r"(?:ms|[smhdwy])\b")
# What may stand where a variable stands outside of a string: a label or metric, a number, a duration, nothing.
_GUESSES = (STAND_IN, "1", "5m", "")


def names(text: str) -> Iterator[str]:
    """Names of the variables in a text, without Grafana's own (``__interval``) and groups of a replacement (``$1``)."""
    for match in VARIABLE.finditer(text):
        name = match[1] or match[2] or match[3]
        if not name.startswith("__") and not name.isdigit():
            yield name


def readings(text: str) -> tuple[list[str], bool]:
    """The query in every way its variables may be meant, and whether that is a guess.

    In a string a variable is some text, in a range it is a duration; elsewhere it may be anything.
    """
    if not VARIABLE.search(text):
        return [text], False
    parts: list[tuple[str, str]] = []  # where, text
    at, depth = 0, 0
    for match in _TOKEN.finditer(text):
        parts.append(("range" if depth else "", text[at : match.start()]))
        piece = match[0]
        if piece in "[]":
            depth = max(0, depth + (1 if piece == "[" else -1))
            parts.append(("fixed", piece))
        elif piece[0] in "\"'`":
            parts.append(("string", piece))
        else:
            parts.append(("fixed" if piece[0] == "#" else "range" if depth else "", piece))
        at = match.end()
    parts.append(("range" if depth else "", text[at:]))
    guessed = any(not where and VARIABLE.search(_fixed(part)) for where, part in parts)
    found = [
        "".join(_put(where, part, guess) for where, part in parts) for guess in (_GUESSES if guessed else _GUESSES[:1])
    ]
    return found, guessed


def _put(where: str, part: str, guess: str) -> str:
    if where == "fixed":
        return part
    if where == "string":
        return VARIABLE.sub(STAND_IN, part)
    if where == "range":
        return VARIABLE.sub(lambda match: "5" if _UNIT.match(part, match.end()) else "5m", part)
    return VARIABLE.sub(guess, _fixed(part))


def _fixed(part: str) -> str:
    """With what can be only one thing: Grafana's own numbers, and a duration after ``offset``."""
    part = re.sub(r"(\boffset\s+-?)(\$\{?\w+(?:[:.][^}]*)?\}?)", r"\g<1>5m", part)

    def put(match: re.Match[str]) -> str:
        return "1" if (match[1] or match[2] or match[3]) in _NUMBERS else match[0]

    return VARIABLE.sub(put, part)
