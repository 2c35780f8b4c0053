"""Rules in CEL that a CRD has (x-kubernetes-validations), evaluated by Google's own implementation.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
Defaults are filled in first, as the API server does. Rules that compare with the old object need one, and are not
asked; a rule that uses what only the API server knows, or might run long, is said to be undetermined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from presync.platform.validation.access import Object, obj

Path = tuple[str | int, ...]
_MACRO = re.compile(r"\.(?:all|exists|exists_one|map|filter)\s*\(")
_MOST_STEPS = 2_000_000
_MOST_LENGTH = 4096
_MOST_DEPTH = 64


@dataclass(frozen=True)
class Refusal:
    """A rule that an object breaks; ``undetermined`` gives the reason where it could not be asked."""

    path: Path
    message: str
    undetermined: str = ""


def available() -> bool:
    """Whether CEL is installed."""
    return _module() is not None


@cache
def _module() -> Any:
    try:
        from cel_expr_python import cel  # noqa: PLC0415 - 16 MB that only few trees need
    except ImportError:
        return None
    return cel


def refusals(schema: Object, data: Object) -> Iterator[Refusal]:
    """Every rule of the schema that the object breaks."""
    yield from _node(schema, defaulted(schema, data), (), 0)


def defaulted(schema: Object, data: Any) -> Any:
    """The data with the schema's defaults."""
    if isinstance(data, dict):
        properties = obj(schema, "properties")
        out = {}
        for key, value in data.items():
            below = properties.get(key, schema.get("additionalProperties"))
            out[key] = defaulted(below, value) if isinstance(below, Mapping) else value
        for key, below in properties.items():
            if isinstance(below, Mapping) and "default" in below and out.get(key) is None:
                out[key] = defaulted(below, below["default"])
        return out
    if isinstance(data, list) and isinstance(schema.get("items"), Mapping):
        return [defaulted(schema["items"], one) for one in data]
    if schema.get("type") == "number" and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    return data


def _node(schema: Object, data: Any, path: Path, depth: int) -> Iterator[Refusal]:
    if depth > _MOST_DEPTH:
        return
    rules = schema.get("x-kubernetes-validations")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and data is not None:
            yield from _rule(rule, data, path)
    if isinstance(data, dict):
        properties = obj(schema, "properties")
        for key, value in data.items():
            below = properties.get(key, schema.get("additionalProperties"))
            if isinstance(below, dict):
                yield from _node(below, value, (*path, str(key)), depth + 1)
    elif isinstance(data, list) and isinstance(schema.get("items"), dict):
        for index, value in enumerate(data):
            yield from _node(schema["items"], value, (*path, index), depth + 1)


def _rule(rule: Object, data: Any, path: Path) -> Iterator[Refusal]:
    text = str(rule.get("rule") or "")
    if re.search(r"\boldSelf\b", text):
        return
    message = str(rule.get("message") or f"failed rule: {text}")
    reason = _too_much(text, data)
    if not reason:
        holds, reason = _holds(text, data)
        if holds:
            return
    yield Refusal(path, f"rule {text!r} was not asked" if reason else message, reason)


def _holds(text: str, data: Any) -> tuple[bool, str]:
    cel = _module()
    if cel is None:
        return False, "cel-expr-python is not installed"
    program = _program(text)
    if isinstance(program, str):
        return False, program
    try:
        result = program.eval(data={"self": data})
    except Exception as error:  # noqa: BLE001 - a native library; whatever it says, the rule was not decided
        return False, _first_line(error)
    if result.type() != cel.Type.BOOL:
        return False, _first_line(result)
    return bool(result.value()), ""


@cache
def _program(text: str) -> Any:
    cel = _module()
    try:
        return cel.NewEnv(variables={"self": cel.Type.DYN}).compile(text)
    except Exception as error:  # noqa: BLE001 - see above
        return _first_line(error)


def _first_line(value: object) -> str:
    return (str(value).splitlines() or ["no reason"])[0][:200]


def _too_much(text: str, data: Any) -> str:
    """A bound before it runs: nested loops over the longest list there is."""
    loops = len(_MACRO.findall(text))
    if len(text) > _MOST_LENGTH or _longest(data, 0) ** loops > _MOST_STEPS:
        return "the rule might take too long"
    return ""


def _longest(data: Any, depth: int) -> int:
    if not isinstance(data, dict | list) or depth > _MOST_DEPTH:
        return 1
    values = data.values() if isinstance(data, dict) else data
    return max(len(data), *(_longest(one, depth + 1) for one in values), 1)
