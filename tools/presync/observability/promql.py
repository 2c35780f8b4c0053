"""PromQL: whether it parses and its types fit, and which metrics it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_LENGTH = 20_000  # of an expression; nobody writes longer ones, and parsing is not linear
_TYPES = {
    "AggregateExpr": "vector",
    "MatrixSelector": "matrix",
    "StringLiteral": "string",
    "SubqueryExpr": "matrix",
    "VectorSelector": "vector",
}


@dataclass(frozen=True, slots=True)
class Matcher:
    """``name op value``; ``op`` as it is written."""

    name: str
    op: str
    value: str

    @property
    def wants(self) -> bool:
        """Whether a series without the label cannot match."""
        if self.op == "=":
            return self.value != ""
        return self.op == "=~" and not _takes_nothing(self.value)


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric and the labels asked of it; the name is empty where only a regular expression names it."""

    name: str
    matchers: tuple[Matcher, ...]
    alternative: bool = False  # a side of an ``or``


@dataclass(frozen=True, slots=True)
class Parsed:
    """An expression. With an ``error`` there is nothing else."""

    error: str = ""
    type: str = ""  # vector, scalar, matrix or string
    selectors: tuple[Selector, ...] = ()


@lru_cache(maxsize=8192)
def parse(text: str) -> Parsed:
    """Parse and type-check; about a quarter of a millisecond."""
    import promql_parser  # noqa: PLC0415 - 15 ms, and only the monitoring rules need it

    if len(text) > MAX_LENGTH:
        return Parsed(f"the expression is longer than {MAX_LENGTH} characters")
    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        return Parsed(str(error) or "it cannot be parsed")
    found: list[Selector] = []
    ors: list[str] = []

    def enter(node: Any) -> bool:
        if type(node).__name__ == "VectorSelector":
            found.extend(_selectors(node, bool(ors)))
        elif type(node).__name__ == "BinaryExpr" and str(node.op) == "or":
            ors.append("or")
        return True

    def leave(node: Any) -> bool:
        if type(node).__name__ == "BinaryExpr" and str(node.op) == "or":
            ors.pop()
        return True

    promql_parser.walk(tree, enter, leave)
    return Parsed("", _type(tree), tuple(found))


def _selectors(node: Any, alternative: bool) -> Iterator[Selector]:
    """One, or one for each side of an ``or`` between matchers."""
    for listed in node.matchers.or_matchers or [node.matchers.matchers]:
        name, matchers = node.name or "", []
        for one in listed:
            matcher = Matcher(one.name, _OPERATORS[str(one.op).rpartition(".")[2]], one.value)
            if matcher.name == "__name__":
                name = matcher.value if matcher.op == "=" else name
            else:
                matchers.append(matcher)
        yield Selector(name, tuple(matchers), alternative)


_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def _type(node: Any) -> str:
    kind = type(node).__name__
    if kind == "Call":
        return str(node.func.return_type).rpartition(".")[2].lower()
    if kind in ("ParenExpr", "UnaryExpr"):
        return _type(node.expr)
    if kind == "BinaryExpr":
        return "scalar" if _type(node.lhs) == _type(node.rhs) == "scalar" else "vector"
    return _TYPES.get(kind, "scalar")


@lru_cache(maxsize=2048)
def _takes_nothing(pattern: str) -> bool:
    import re  # noqa: PLC0415 - beside its only use

    try:
        return re.fullmatch(pattern, "") is not None
    except re.error:
        return True  # RE2 may take what Python does not; nothing is claimed then
