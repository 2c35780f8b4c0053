"""Reading constraints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from presync.policy.model import CONSTRAINTS, Action, Constraint, Fault, Object, Point, Template, listed, mapping
from presync.policy.schemas import ConstraintSchema

_VERSIONS = ("v1beta1", "v1alpha1")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_SCOPES = ("*", "Cluster", "Namespaced")
_EVERYWHERE = "*"


def is_constraint(data: Object) -> bool:
    """Whether an object is a constraint, of whatever kind."""
    return str(data.get("apiVersion") or "").startswith(f"{CONSTRAINTS}/")


def read(data: Object, template: Template, schema: ConstraintSchema) -> tuple[Constraint | None, list[Fault]]:
    """The constraint, and what is wrong with it; None when Gatekeeper would not take it."""
    faults = [*_identity(data, template), *schema.faults(data), *_match(data)]
    if faults:
        return None, faults
    actions, wrong = enforcement(data)
    spec = mapping(data.get("spec"))
    parameters = schema.defaulted(spec.get("parameters"))
    match = mapping(spec.get("match"))
    name = str(mapping(data.get("metadata")).get("name"))
    constraint = Constraint(template.kind, name, mapping(parameters), match, data, actions)
    return constraint, wrong


def enforcement(data: Object) -> tuple[Mapping[Point, tuple[Action, ...]], list[Fault]]:
    """What becomes of violations at each point, and what of it Gatekeeper does not know."""
    spec = mapping(data.get("spec"))
    action = spec.get("enforcementAction") or "deny"
    if action in list(Action):
        return {point: (Action(action),) for point in Point}, []
    path: tuple[str | int, ...] = ("spec", "enforcementAction")
    if action != "scoped":
        known = ", ".join([*Action, "scoped"])
        message = f'unrecognized enforcementAction: "{action}" is not one of {known}; violations have no consequence'
        return {}, [Fault(message, path)]
    found: dict[Point, list[Action]] = {}
    faults: list[Fault] = []
    path = ("spec", "scopedEnforcementActions")
    scoped = listed(spec.get("scopedEnforcementActions"))
    if not scoped:
        faults.append(Fault("enforcementAction is scoped and scopedEnforcementActions is empty", path))
    for at, one in enumerate(scoped):
        wanted, points = mapping(one).get("action"), listed(mapping(one).get("enforcementPoints"))
        if wanted not in list(Action):
            faults.append(Fault(f'unrecognized action "{wanted}"', (*path, at, "action")))
            continue
        if not points:
            faults.append(Fault("no enforcement points", (*path, at, "enforcementPoints")))
        for number, point in enumerate(points):
            name = mapping(point).get("name")
            if name not in (*Point, _EVERYWHERE):
                place = (*path, at, "enforcementPoints", number, "name")
                faults.append(Fault(f'unrecognized enforcement point "{name}"', place))
            for each in Point:
                if name in (each, _EVERYWHERE):
                    found.setdefault(each, []).append(Action(wanted))
    order = list(Action)
    return {point: tuple(sorted(set(actions), key=order.index)) for point, actions in found.items()}, faults


def _identity(data: Object, template: Template) -> Iterator[Fault]:
    metadata = mapping(data.get("metadata"))
    name = str(metadata.get("name") or "")
    if not _NAME.fullmatch(name) or len(name) > 253:
        yield Fault(f'invalid name: "{name}"', ("metadata", "name"), served=True)
    if data.get("kind") != template.kind:
        yield Fault(f'wrong kind "{data.get("kind")}" for constraint "{name}"; want "{template.kind}"', ("kind",))
    version = str(data.get("apiVersion") or "").rpartition("/")[2]
    if version not in _VERSIONS:
        yield Fault(f'unsupported version "{version}" for Constraint "{name}"', ("apiVersion",), served=True)


def _match(data: Object) -> Iterator[Fault]:
    """What the schema of ``match`` does not say."""
    match = mapping(mapping(data.get("spec")).get("match"))
    for selector in ("labelSelector", "namespaceSelector"):
        expressions = listed(mapping(match.get(selector)).get("matchExpressions"))
        for at, one in enumerate(expressions):
            yield from _expression(mapping(one), ("spec", "match", selector, "matchExpressions", at))
    scope = match.get("scope")
    if scope is not None and scope not in _SCOPES:
        # Gatekeeper then matches everything, which nobody means.
        yield Fault(f'scope "{scope}" is not one of {", ".join(_SCOPES)}', ("spec", "match", "scope"))


def _expression(one: Object, path: tuple[Any, ...]) -> Iterator[Fault]:
    operator, values = one.get("operator"), listed(one.get("values"))
    if operator not in _OPERATORS:
        yield Fault(f'"{operator}" is not a valid selector operator', (*path, "operator"))
    elif operator in ("In", "NotIn") and not values:
        yield Fault("values must be specified when operator is In or NotIn", (*path, "values"))
    elif operator in ("Exists", "DoesNotExist") and values:
        yield Fault("values may not be specified when operator is Exists or DoesNotExist", (*path, "values"))
