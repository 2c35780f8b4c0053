"""Negation as OPA compiles it.

OPA moves the arguments of a negated call in front of the negation (ast.rewriteDynamics), so that in
``not startswith(input.name, "x")`` a missing name leaves the whole rule undefined. regorus evaluates it inside the
negation, where missing makes the negation true: a violation that the cluster would not have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.policy.rego.syntax import Node, kind_of, queries, text

_PREFIX = "presync_h"
_INFIX = ("BoolExpr", "ArithExpr", "BinExpr")
_REFERENCES = ("RefDot", "RefBrack")
_EVALUATED = frozenset({*_INFIX, *_REFERENCES, "Call", "ArrayCompr", "SetCompr", "ObjectCompr"})


def hoist(source: bytes, tree: Node, names: frozenset[str]) -> bytes:
    """The policy with the arguments of negated calls moved.

    Args:
        source: The policy.
        tree: Its syntax tree.
        names: Rules and imports: names that are references although they look like variables.
    """
    edits: list[tuple[int, int, str]] = []
    number = 0
    for statements in queries(tree["rules"]):
        for statement in statements:
            negated = statement["literal"].get("NotExpr")
            if negated is None:
                continue
            moved = list(_moved(negated["expr"], names))
            if not moved:
                continue
            modifiers = "".join(" " + text(source, one) for one in statement.get("with_mods", ()))
            before = ""
            for one in moved:
                number += 1
                name = f"{_PREFIX}{number}"
                before += f"{name} := {text(source, one)}{modifiers}; "
                edits.append((one["span"]["start"], one["span"]["end"], name))
            edits.append((statement["span"]["start"], statement["span"]["start"], before))
    for start, end, new in sorted(set(edits), reverse=True):
        source = source[:start] + new.encode() + source[end:]
    return source


def _moved(expression: Any, names: frozenset[str]) -> Iterator[Node]:
    """What OPA evaluates before the negation."""
    kind, content = kind_of(expression)
    if kind == "Call":
        for argument in content["params"]:
            yield from leaves(argument, names)
    elif kind == "BoolExpr" and content["op"] == "Eq":
        for side in (content["lhs"], content["rhs"]):  # == becomes unification, which keeps references in place
            yield from _calls(side)
    elif kind in _INFIX:
        for side in (content["lhs"], content["rhs"]):
            yield from leaves(side, names)
    elif kind in _REFERENCES:
        yield from indexes(kind, content, names)
    elif kind == "Membership":
        for side in (content.get("key"), content["value"], content["collection"]):
            yield from leaves(side, names)


def leaves(expression: Any, names: frozenset[str]) -> Iterator[Node]:
    """What of an expression is evaluated, and so may have no value: references, calls, arithmetic."""
    kind, content = kind_of(expression)
    if kind in _EVALUATED or (kind == "Var" and content["value"] in names):
        yield content
    elif kind in ("Array", "Set"):
        for item in content["items"]:
            yield from leaves(item, names)
    elif kind == "Object":
        for _, key, value in content["fields"]:
            yield from leaves(key, names)
            yield from leaves(value, names)


def indexes(kind: str, content: Node, names: frozenset[str]) -> Iterator[Node]:
    """What stands in the brackets of a reference that is negated itself: ``not data.inventory[x.y]``."""
    while kind in _REFERENCES:
        if kind == "RefBrack":
            yield from leaves(content["index"], names)
        kind, content = kind_of(content["refr"])


def _calls(expression: Any) -> Iterator[Node]:
    kind, content = kind_of(expression)
    if kind == "Call" or kind in _INFIX:
        yield content
