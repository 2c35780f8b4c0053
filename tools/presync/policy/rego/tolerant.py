"""A form of a policy in which a function that fails is undefined, as in OPA, and not the end of the evaluation.

``startswith(x, "a")`` becomes ``presync.try("startswith", [x, "a"])[0]``: a list with the value, or an empty one.
``some item in x`` goes on where x is no collection (``rules: null``): it becomes ``some item in [c | c := x; ...][0]``.
Slower, so it is used only for an input on which the plain form stopped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import regorus

from presync.policy.rego import builtins
from presync.policy.rego.syntax import Node, kind_of, path_of, walk

# Their results are many, or nothing.
_VERB = re.compile(r"%[-+# 0]*[0-9.]*([a-zA-Z%])")
# What regorus says where OPA leaves the expression undefined: an operand of another type, text that cannot be read.
_UNDEFINED = re.compile(
    r"expects \S+(?: \S+)* argument|requires \S+ argument|could not parse|could not deserialize|decode failed"
    r"|invalid semver|Error parsing|negative offset|[Ff]ailed to parse"
)
# Here regorus and OPA may disagree about what can be read.
_UNLIKE = frozenset(
    {"sprintf", "regex.match", "regex.replace", "regex.split", "regex.find_n", "time.format", "glob.match"}
)
_LEFT_ALONE = frozenset({"print", "trace", "walk"})
_COLLECTION = b'[presync_c | presync_c := %s; type_name(presync_c) in {"array", "object", "set"}][0]'
_EVALUATED = frozenset({"Var", "RefDot", "RefBrack", "Call"})


def tolerant(source: bytes, tree: Node) -> bytes:
    """The policy with every call of one of OPA's functions guarded, and every collection that ``some`` looks into."""
    for start, end, new in sorted(_edits(source, tree), reverse=True):
        source = source[:start] + new + source[end:]
    return source


def _edits(source: bytes, tree: Node) -> Iterator[tuple[int, int, bytes]]:
    """What takes the place of ``name(`` and of its ``)``."""
    before, after = _COLLECTION.split(b"%s")
    for kind, content in walk(tree["rules"]):
        if kind == "SomeIn" and kind_of(content["collection"])[0] in _EVALUATED:
            span = kind_of(content["collection"])[1]["span"]
            yield span["start"], span["start"], before
            yield span["end"], span["end"], after
        if kind != "Call" or not content["params"]:
            continue
        name = ".".join(part or "?" for part in path_of(content["fcn"]))
        if name in _LEFT_ALONE or (name not in builtins.NATIVE and name not in builtins.ADDED):
            continue
        opened = source.find(b"(", _end(content["fcn"]))
        closed = content["span"]["end"] - 1
        if 0 <= opened < closed and source[closed : closed + 1] == b")":
            yield content["span"]["start"], opened + 1, b'presync.try("' + name.encode() + b'", ['
            yield closed, closed + 1, b"])[0]"


def _end(node: Any) -> int:
    _, content = kind_of(node)
    return int(content["span"]["end"])


def try_call(name: Any, arguments: Any) -> list[Any]:
    """The value of one of OPA's functions in a list, which is empty where OPA has none either.

    Raises:
        ValueError: regorus fails where OPA may not; the evaluation ends, and its result is not known.
    """
    if name in builtins.ADDED:
        try:
            return [builtins.ADDED[name][1](*arguments)]
        except builtins.Undefined:
            return []
    if name == "sprintf" and len(arguments) == 2 and isinstance(arguments[0], str) and isinstance(arguments[1], list):
        arguments = [_completed(arguments[0], arguments[1]), arguments[1]]
    engine = regorus.Engine()
    slots = ", ".join(f"input[{at}]" for at in range(len(arguments)))
    try:
        engine.set_input(list(arguments))
        results = engine.eval_query(f"{name}({slots})").get("result") or []
    except RuntimeError as error:
        if name not in _UNLIKE and _UNDEFINED.search(str(error)):
            return []
        raise ValueError(str(error)) from None
    return [results[0]["expressions"][0]["value"]] if results else []


def _completed(layout: str, arguments: list[Any]) -> str:
    """The format with what Go prints for verbs without an argument, and for arguments without a verb."""
    number = 0

    def one(match: re.Match[str]) -> str:
        nonlocal number
        if match.group(1) == "%":
            return match.group()
        number += 1
        return match.group() if number <= len(arguments) else f"%%!{match.group(1)}(MISSING)"

    layout = _VERB.sub(one, layout)
    extra = ", ".join(f"{_go_type(value)}=%v" for value in arguments[number:])
    return f"{layout}%%!(EXTRA {extra})" if extra else layout


def _go_type(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "int"
    return "float64" if isinstance(value, float) else "string"
