"""``helm.parameters`` and ``helm.fileParameters``: what --set, --set-string and --set-file make of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.base.finding import Problem
from presync.render.environment import substitute, uses_revision
from presync.render.failure import Refused
from presync.render.layers import Values
from presync.render.strvals import StrvalsError, parse_file_into, parse_into


@dataclass(frozen=True, slots=True)
class _Assignment:
    flag: str
    name: str
    value: str


def apply(
    values: Mapping[str, Any],
    helm: Mapping[str, Any],
    environment: Mapping[str, str],
    read: Callable[[str], str],
) -> tuple[Values, list[Problem]]:
    """The values with every parameter set, and what is wrong with the parameters.

    Argo CD collects them by name: of two with the same name and type the later one counts. Forced strings come after
    all others, files after those. Within each of the three, Argo CD's order is random.

    Raises:
        Refused: Helm cannot read an assignment.
    """
    plain: dict[str, str] = {}
    forced: dict[str, str] = {}
    problems: list[Problem] = []
    for at, one in enumerate(_mappings(helm.get("parameters"))):
        name, raw = _text(one.get("name")), _text(one.get("value"))
        (forced if one.get("forceString") is True else plain)[name] = substitute(raw, environment)
        if uses_revision(raw):
            problems.append(
                Problem(
                    "revision-dependent",
                    f"parameter {name} takes in the commit id, which is another one after the merge",
                    "What is shown here was rendered with the current commit.",
                    field=f"helm.parameters[{at}].value",
                )
            )
    files = {_text(one.get("name")): read(_text(one.get("path"))) for one in _mappings(helm.get("fileParameters"))}
    assignments = [
        *(_Assignment("--set", name, _escaped(value)) for name, value in plain.items()),
        *(_Assignment("--set-string", name, _escaped(value)) for name, value in forced.items()),
        *(_Assignment("--set-file", name, value) for name, value in files.items()),
    ]
    result, settled = _in_any_order(values, assignments)
    if not settled:
        outer, inner = _nested([one.name for one in assignments])
        which = f"{outer} and {inner} set one key, one inside the other" if inner else "set one key twice"
        names = [_text(one.get("name")) for one in _mappings(helm.get("parameters"))]
        problems.append(
            Problem(
                "parameter-order",
                f"helm.parameters {which}; Argo CD applies them in random order",
                "Set them in one place, for example in helm.valuesObject.",
                field=f"helm.parameters[{names.index(inner)}].name" if inner in names else "helm.parameters",
            )
        )
    return result, problems


def _applied(values: Mapping[str, Any], assignments: Iterable[_Assignment]) -> Values:
    result = dict(values)
    for one in assignments:
        try:
            if one.flag == "--set-file":
                parse_file_into(f"{one.name}=file", result, lambda _, value=one.value: value)  # type: ignore[misc]
            else:
                parse_into(f"{one.name}={one.value}", result, as_string=one.flag == "--set-string")
        except StrvalsError as error:
            raise Refused(f"failed parsing {one.flag} data: {error}") from None
    return result


def _in_any_order(values: Mapping[str, Any], assignments: Sequence[_Assignment]) -> tuple[Values, bool]:
    """The values, and whether they are the same in another order; one in which Helm refuses counts as another result.

    Raises:
        Refused: in every order.
    """
    flags = ("--set", "--set-string", "--set-file")
    backwards = [one for flag in flags for one in reversed(assignments) if one.flag == flag]
    results = []
    refused = None
    for order in (assignments, backwards):
        try:
            results.append(_applied(values, order))
        except Refused as error:
            refused = refused or error
    if not results:
        raise refused or Refused("")
    return results[0], len(results) == 2 and results[0] == results[1]


def _nested(names: Sequence[str]) -> tuple[str, str]:
    """A name and one below it; empty where no two are so."""
    pairs = ((one, other) for one in names for other in names if other.startswith((f"{one}.", f"{one}[")))
    return next(pairs, ("", ""))


def _escaped(value: str) -> str:
    """Argo CD keeps a comma from starting the next assignment, except in what looks like a list."""
    if value.startswith("{") and value.endswith("}"):
        return value
    out, previous = [], ""
    for char in value:
        out.append("\\," if char == "," and previous != "\\" else char)
        previous = char
    return "".join(out)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
