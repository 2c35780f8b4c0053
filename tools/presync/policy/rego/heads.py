"""Heads of partial rules as OPA reads them.

In OPA a solution of the body for which the head has no value is no element: ``images contains one.image if {...}``
passes over a container without an image. regorus 0.13 then ends with "not an object". So what a head evaluates is
bound in the body, where both pass over it.
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.policy.rego.hoist import indexes, leaves
from presync.policy.rego.syntax import Node, kind_of, text

_PREFIX = "presync_k"
_Edit = tuple[int, int, str]


def settle(source: bytes, tree: Node, names: frozenset[str]) -> bytes:
    """The policy with what heads evaluate moved into the bodies.

    Args:
        source: The policy.
        tree: Its syntax tree.
        names: Rules and imports: names that are references although they look like variables.
    """
    edits: list[_Edit] = []
    number = 0
    for one in tree["rules"]:
        rule = one.get("Spec")
        if rule is None or len(rule["bodies"]) != 1:
            continue
        bound = ""
        for part in _evaluated(rule["head"], names):
            number += 1
            name = f"{_PREFIX}{number}"
            bound += f"{'; ' if bound else ''}{name} := {text(source, part)}"
            edits.append((part["span"]["start"], part["span"]["end"], name))
        if bound:
            edits += _added(source, rule["bodies"][0]["query"], bound)
    for start, end, new in sorted(edits, reverse=True):
        source = source[:start] + new.encode() + source[end:]
    return source


def _evaluated(head: Node, names: frozenset[str]) -> Iterator[Node]:
    """What the head of a partial set or object evaluates; nothing of other rules."""
    [(kind, content)] = head.items()
    if kind == "Set" and content.get("key"):
        yield from leaves(content["key"], names)
    elif kind == "Compr":
        inner, reference = kind_of(content["refr"])
        if inner == "RefBrack":
            yield from indexes(inner, reference, names)
            if content.get("assign"):
                yield from leaves(content["assign"]["value"], names)


def _added(source: bytes, query: Node, statements: str) -> Iterator[_Edit]:
    """The statements at the end of a body, on the lines that there are."""
    first, last = query["stmts"][0]["span"], query["stmts"][-1]["span"]
    start, end = query["span"]["start"], query["span"]["end"]
    if first["start"] == start:  # without braces
        end += source[end : end + 1] in (b'"', b"`")  # spans of strings leave out their quotes
        yield start, start, "{ "
        yield end, end, f"; {statements} }}"
    else:
        closing = source.rindex(b"}", last["end"], end)
        separator = " " if b"\n" in source[last["end"] : closing] else "; "
        yield closing, closing, f"{separator}{statements} "
