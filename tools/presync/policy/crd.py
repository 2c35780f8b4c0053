"""Rules in CEL that a CRD has (x-kubernetes-validations), evaluated where the CEL of policies is.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
Defaults are filled in first, as the API server does. Rules that compare with the old object need one, and are not
asked; a rule that uses what only the API server knows, or exceeds a bound, is said to be undetermined.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from presync.platform.validation.access import Object, obj
from presync.policy.watched import TakenDownError, Watched

Path = tuple[str | int, ...]
TIMEOUT = 5.0  # seconds for one rule and one value; the usual is a millisecond
_MOST_DEPTH = 64


@dataclass(frozen=True)
class Refusal:
    """A rule that an object breaks; ``undetermined`` gives the reason where it could not be asked."""

    path: Path
    message: str
    undetermined: str = ""


def refusals(schema: Object, data: Object, asking: Asking) -> Iterator[Refusal]:
    """Every rule of the schema that the object breaks."""
    for rule, path, value in _questions(schema, defaulted(schema, data), (), 0):
        text = str(rule.get("rule") or "")
        if _too_old(text):
            continue
        holds, reason = asking.holds(text, value)
        if reason:
            yield Refusal(path, f"rule {text!r} was not asked", reason)
        elif not holds:
            yield Refusal(path, str(rule.get("message") or f"failed rule: {text}"))


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


def _questions(schema: Object, data: Any, path: Path, depth: int) -> Iterator[tuple[Object, Path, Any]]:
    """Every rule with the value it is about."""
    if depth > _MOST_DEPTH:
        return
    rules = schema.get("x-kubernetes-validations")
    for rule in rules if isinstance(rules, list) else ():
        if isinstance(rule, dict) and data is not None:
            yield rule, path, data
    if isinstance(data, dict):
        properties = obj(schema, "properties")
        for key, value in data.items():
            below = properties.get(key, schema.get("additionalProperties"))
            if isinstance(below, dict):
                yield from _questions(below, value, (*path, str(key)), depth + 1)
    elif isinstance(data, list) and isinstance(schema.get("items"), dict):
        for index, value in enumerate(data):
            yield from _questions(schema["items"], value, (*path, index), depth + 1)


def _too_old(rule: str) -> bool:
    """Whether it compares with the object as it was, which nobody knows here."""
    return re.search(r"\boldSelf\b", rule) is not None


class Asking:
    """A watched worker that evaluates rules. Use as a context manager."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        self._watched = Watched(timeout)
        self._given_up: dict[str, str] = {}  # rules that took a worker down, and how

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self._watched.__exit__(*what)

    def holds(self, rule: str, value: Any) -> tuple[bool, str]:
        """Whether a rule holds for a value, or why that cannot be told."""
        if rule in self._given_up:
            return False, self._given_up[rule]
        try:
            reply, _ = self._watched.call({"operation": "crd", "rule": rule}, [json.dumps(value).encode()])
        except TakenDownError as error:
            self._given_up[rule] = str(error)
            return False, self._given_up[rule]
        return reply.get("holds") is True, str(reply.get("undetermined") or reply.get("error") or "")
