"""Reads `count(session_id) over window(30d)`.

    transform = function "(" column ")" " over window(" duration ")"

The parser accepts exactly what the pattern of the chart and of the CRD accepts, blanks included; a shared list of cases
holds them together. It exists beside them because a pattern can only say no, and a person wants to know where and why.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from datetime import timedelta

from mlops_lib.transforms import grammar
from mlops_lib.transforms.errors import TransformError, listed, suggestion

WORD = frozenset(string.ascii_letters + string.digits + "_")
DIGITS = frozenset(string.digits)


@dataclass(frozen=True)
class Transform:
    """An aggregate of one column over the time before a moment."""

    function: str
    column: str
    window: timedelta
    text: str

    def __str__(self) -> str:
        return self.text


def parse(text: str, dialect: grammar.Dialect | None = None) -> Transform:
    """The transform that `text` says, in the given dialect or that of the mounted contract."""
    return _Parser(text, dialect or grammar.mounted()).transform()


class _Parser:
    def __init__(self, text: str, dialect: grammar.Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.position = 0

    def transform(self) -> Transform:
        function = self._function()
        self._literal("(", f"an opening bracket: {function}(<column>)")
        column = self._column()
        self._literal(")", "a closing bracket after the column")
        self._literal(" ", "one blank, then over window(<duration>)")
        self._keyword("over")
        self._literal(" ", "one blank, then window(<duration>)")
        self._keyword("window")
        self._literal("(", "an opening bracket: window(<duration>)")
        window = self._duration()
        self._literal(")", "a closing bracket after the duration")
        if self.position < len(self.text):
            raise self._error("there is more after the end", len(self.text) - self.position, "nothing more")
        return Transform(function, column, window, self.text)

    def _function(self) -> str:
        known = self.dialect.functions
        word = self._peek(WORD)
        if not word:
            raise self._error(self._found("a function is missing"), 1, f"one of {listed(known)}")
        if word not in known:
            problem = f'unknown function "{word}"{suggestion(word, known)}'
            raise self._error(problem, len(word), f"one of {listed(known)}")
        self.position += len(word)
        return word

    def _column(self) -> str:
        word = self._peek(WORD)
        expected = "a column: lower-case letters, digits and _, beginning with a letter, at most 63 of them"
        if not word:
            raise self._error(self._found("a column is missing"), 1, expected)
        if not self.dialect.column.fullmatch(word):
            hint = f"; did you mean {word.lower()}?" if self.dialect.column.fullmatch(word.lower()) else ""
            raise self._error(f'"{word}" is no name of a column{hint}', len(word), expected)
        self.position += len(word)
        return word

    def _duration(self) -> timedelta:
        units = self.dialect.units
        expected = f"a duration: 1 to 999999 and one of {', '.join(units)}, such as 30d"
        digits = self._peek(DIGITS)
        word = self._peek(WORD)
        if not digits:
            raise self._error(self._found("a duration is missing"), max(1, len(word)), expected)
        unit = word[len(digits) :]
        if unit not in units:
            at = self.position
            self.position += len(digits)
            problem = f'unknown unit "{unit}"' if unit else self._found("the unit of the duration is missing")
            hint = unit[:1].lower()
            if unit and hint in units:
                problem += f"; did you mean {self.text[at : at + len(digits)]}{hint}?"
            raise self._error(problem, max(1, len(unit)), f"one of {', '.join(units)}")
        if not self.dialect.duration.fullmatch(word):
            raise self._error(f'"{word}" is no duration', len(word), expected)
        self.position += len(word)
        return timedelta(seconds=int(digits) * units[unit])

    def _keyword(self, keyword: str) -> None:
        word = self._peek(WORD)
        if word != keyword:
            problem = f'"{word}" is not {keyword}{suggestion(word, [keyword])}' if word else self._found("")
            raise self._error(problem, max(1, len(word)), keyword)
        self.position += len(word)

    def _literal(self, literal: str, expected: str) -> None:
        if not self.text.startswith(literal, self.position):
            raise self._error(self._found(""), 1, expected)
        self.position += len(literal)

    def _peek(self, characters: frozenset[str]) -> str:
        end = self.position
        while end < len(self.text) and self.text[end] in characters:
            end += 1
        return self.text[self.position : end]

    def _found(self, what: str) -> str:
        """What is missing, and what stands in its place."""
        rest = self.text[self.position : self.position + 1]
        place = f"{rest!r} is unexpected here" if rest else "the transform ends here"
        return f"{what}: {place}" if what else place

    def _error(self, problem: str, length: int, expected: str) -> TransformError:
        return TransformError(problem, self.text, self.position, length, expected)
