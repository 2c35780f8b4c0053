"""What Gatekeeper's objects say, read once."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Object = Mapping[str, Any]

TEMPLATES = "templates.gatekeeper.sh"
CONSTRAINTS = "constraints.gatekeeper.sh"
EXPANSION = "expansion.gatekeeper.sh"
TARGET = "admission.k8s.gatekeeper.sh"
REGO = "Rego"
CEL = "K8sNativeValidation"


class Action(enum.StrEnum):
    """What becomes of a violation, the worst first."""

    DENY = "deny"
    WARN = "warn"
    DRYRUN = "dryrun"


class Point(enum.StrEnum):
    """Where a constraint is enforced (``scopedEnforcementActions``)."""

    WEBHOOK = "validation.gatekeeper.sh"
    AUDIT = "audit.gatekeeper.sh"
    GATOR = "gator.gatekeeper.sh"
    VAP = "vap.k8s.io"


class Source(enum.StrEnum):
    """Whether an object was sent or made by an ExpansionTemplate (``match.source``)."""

    ORIGINAL = "Original"
    GENERATED = "Generated"


@dataclass(frozen=True, slots=True)
class Template:
    """A ConstraintTemplate: the constraint kind it declares and the code of the engine that decides."""

    name: str
    kind: str
    engine: str
    code: Object = field(repr=False)  # the ``source`` of the engine
    data: Object = field(repr=False)
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constraint:
    """A constraint with its parameters as Gatekeeper hands them to the template: defaults filled in."""

    kind: str
    name: str
    parameters: Object = field(repr=False)
    match: Object = field(repr=False)
    data: Object = field(repr=False)
    actions: Mapping[Point, tuple[Action, ...]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a template or a constraint, and where in it.

    ``served`` tells that the API server itself refuses the object, so that the rules of Kubernetes say so too;
    ``schema`` that the template's schema does.
    """

    message: str
    path: tuple[str | int, ...] = ()
    remedy: str = ""
    served: bool = False
    schema: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """What a template said about an object."""

    message: str
    details: Any = None


class PolicyError(Exception):
    """A template cannot be used, or not be evaluated.

    ``invalid``: Gatekeeper would refuse it too. Otherwise presync cannot tell what Gatekeeper would say.
    """

    def __init__(self, message: str, invalid: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.invalid = invalid


def mapping(value: Any) -> Object:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []
