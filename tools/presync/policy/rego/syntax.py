"""The syntax tree that regorus gives: walking it, and names in it.

A node is ``{"Call": {...}}``: one key, its kind. Spans count bytes. It comes from JSON, so every object is a ``dict``,
which is asked for five times as fast as a ``Mapping``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = Mapping[str, Any]
_NAMED = ("Var", "RefDot", "RefBrack")


def kind_of(node: Any) -> tuple[str, Node]:
    """The kind of an expression and its content; empty for what is none."""
    if isinstance(node, dict) and len(node) == 1:
        ((kind, content),) = node.items()
        if isinstance(content, dict) and "span" in content:
            return kind, content
    return "", {}


def walk(node: Any) -> Iterator[tuple[str, Node]]:
    """Every expression and literal below, outer ones first."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            kind, content = kind_of(one)
            if kind:
                yield kind, content
                stack.extend(reversed(list(content.values())))
            else:
                stack.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            stack.extend(reversed(one))


def queries(node: Any) -> Iterator[list[Node]]:
    """The statements of every query below: bodies of rules, comprehensions, ``every``."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            if isinstance(one.get("stmts"), list):
                yield one["stmts"]
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)


def path_of(node: Any) -> list[str | None]:
    """A reference as its parts, None for one that is not constant: ``data.lib[x]`` is data, lib, None."""
    parts: list[str | None] = []
    kind, content = kind_of(node)
    while kind in ("RefDot", "RefBrack"):
        if kind == "RefDot":
            parts.append(str(content["field"][1]))
        else:
            inner, value = kind_of(content["index"])
            parts.append(str(value["value"]) if inner in ("String", "RawString") else None)
        kind, content = kind_of(content["refr"])
    if kind != "Var":
        return []
    parts.append(str(content["value"]))
    return parts[::-1]


def references(node: Any) -> Iterator[tuple[list[str | None], Node]]:
    """Every whole reference below, a bare name included, with its innermost content."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(one)
            continue
        if not isinstance(one, dict):
            continue
        kind, content = kind_of(one)
        if kind not in _NAMED:
            stack.extend((content or one).values())
            continue
        path = path_of(one)
        if path:
            yield path, content
        while kind in ("RefDot", "RefBrack"):  # what stands in brackets is an expression of its own
            if kind == "RefBrack":
                stack.append(content["index"])
            below = content["refr"]
            kind, content = kind_of(below)
        if kind and kind != "Var":
            stack.append({kind: content})


def text(source: bytes, node: Node) -> str:
    """What stands in the source."""
    return source[node["span"]["start"] : node["span"]["end"]].decode()


def rules(tree: Node) -> Iterator[tuple[str, Node, Node]]:
    """Name, head and whole of every rule that is no default."""
    for one in tree["rules"]:
        rule = one.get("Spec")
        if rule is None:
            continue
        for head in rule["head"].values():
            path = path_of(head["refr"])
            if path and path[0]:
                yield str(path[0]), head, rule


def local_names(rule: Node) -> set[str]:
    """Names that a rule declares itself: arguments, ``:=``, ``some``, ``every``."""
    found: set[str] = set()
    for head in rule["head"].values():
        for argument in head.get("args") or ():
            found.update(str(content["value"]) for kind, content in walk(argument) if kind == "Var")
    for kind, content in walk(rule["bodies"]):
        if kind == "AssignExpr" and content["op"] == "ColEq":
            found.update(str(below["value"]) for inner, below in walk(content["lhs"]) if inner == "Var")
        elif kind == "SomeVars":
            found.update(_spelled(content["vars"]))
        elif kind == "SomeIn":
            declared = [content.get("key"), content.get("value")]
            found.update(str(below["value"]) for inner, below in walk(declared) if inner == "Var")
        elif kind == "Every":
            found.update(_spelled([content.get("key"), content.get("value")]))
    return found


def _spelled(names: list[Any]) -> Iterator[str]:
    for name in names:
        if isinstance(name, str):
            yield name
        elif isinstance(name, list) and len(name) == 2:
            yield str(name[1])
