"""A template's CEL, compiled and evaluated as a ValidatingAdmissionPolicy is (pkg/drivers/k8scel)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cel_expr_python import cel

from presync.policy.cel import library
from presync.policy.cel.environment import environment
from presync.policy.model import PolicyError

_VARIABLE = re.compile(r"\bvariables\.([A-Za-z_][A-Za-z0-9_]*)")
_RESERVED = ("params", "anyObject")
_LONGEST_MESSAGE = 5 * 1024
_NULL_PARAMETERS = re.compile(r"params\s*[!=]=\s*null|null\s*[!=]=\s*variables\.params\b")
# has() of what is no object is false for the API server, and an error here.
_UNCARRIED = "Unable to convert function return value"  # of plain_value
_UNLIKE = "non-message type"
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_STATUS = re.compile(r"^[A-Z_]+: ")
_KEY = re.compile(r"[Kk]ey not found in map ?: ?\"?([^\"\s]+)\"?")
# Gatekeeper's own: `params` is what a constraint says, and nothing else of it can be read.
_OWN = {
    "anyObject": 'has(request.operation) && request.operation == "DELETE" && object == null ? oldObject : object',
}


@dataclass(frozen=True, slots=True)
class _Check:
    expression: str
    compiled: Any = field(repr=False)
    message: str = ""
    wording: Any = field(default=None, repr=False)


class Program:
    """Ready to be asked for violations.

    Raises:
        PolicyError: an expression cannot be compiled.
    """

    reads_inventory = False

    def __init__(self, code: Mapping[str, Any]) -> None:
        self._environment = environment("object", "oldObject", "request", "namespaceObject", "variables")
        failure = code.get("failurePolicy", "Fail")
        if failure not in ("Fail", "Ignore"):
            raise PolicyError(f"unrecognized failure policy: {failure}", invalid=True)
        self._fails = failure == "Fail"
        self._variables = {name: self._compile(text) for name, text in _OWN.items()}
        self._needs: dict[str, list[str]] = {name: [] for name in (*_OWN, "params")}
        for one in code.get("variables") or ():
            self._declare(str(one.get("name") or ""), str(one.get("expression") or ""))
        self._conditions = [
            (str(one.get("name")), str(one.get("expression")), self._compile(str(one.get("expression"))))
            for one in code.get("matchCondition") or ()
        ]
        # Without parameters `params` is null, and has(null.x) false for the API server. This library has no has() of
        # null; an empty object answers the same, unless somebody compares with null.
        self._no_parameters: Any = None if _NULL_PARAMETERS.search(json.dumps(code)) else {}
        self._checks = [self._check(one) for one in code.get("validations") or ()]

    def set_inventory(self, inventory: str) -> None:
        """CEL has none."""

    def violations(self, document: str) -> list[dict[str, Any]]:
        """What the policy says about an input, given as JSON.

        Raises:
            PolicyError: it cannot be evaluated.
        """
        data = json.loads(document)
        request = data["review"]
        scope = _Scope(self, request, data["parameters"] or self._no_parameters)
        found: list[dict[str, Any]] = []
        for name, expression, compiled in self._conditions:
            try:
                if scope.evaluate(compiled, expression) is not True:
                    return []
            except _Failed as error:
                if not self._fails:
                    return []
                return [_said(f"failed to evaluate match condition {name}: {error}")]
        for check in self._checks:
            try:
                value = scope.evaluate(check.compiled, check.expression)
            except _Failed as error:
                if self._fails:
                    found.append(_said(f"expression '{check.expression}' resulted in error: {error}"))
                continue
            if value is True:
                continue
            if value is not False:
                raise PolicyError(f"expression '{check.expression}' does not evaluate to a bool")
            found.append(_said(_message(check, scope)))
        return found

    def _declare(self, name: str, expression: str) -> None:
        if name in _RESERVED or name.startswith("gatekeeper_internal_") or not name:
            raise PolicyError(f"{name} is not a valid variable name", invalid=True)
        self._needs[name] = self._needed(expression)
        self._variables[name] = self._compile(expression)

    def _needed(self, expression: str) -> list[str]:
        names = _VARIABLE.findall(expression)
        for name in names:
            if name not in self._needs:
                raise PolicyError(f"undefined field '{name}': variables.{name} is not declared before", invalid=True)
        return names

    def _check(self, one: Mapping[str, Any]) -> _Check:
        expression = str(one.get("expression") or "")
        self._needed(expression)
        wording = one.get("messageExpression")
        return _Check(
            expression.strip(),
            self._compile(expression),
            str(one.get("message") or "").strip(),
            (wording, self._compile(str(wording))) if wording else None,
        )

    def _compile(self, expression: str) -> Any:
        try:
            return self._environment.compile(expression)
        except Exception as error:  # noqa: BLE001 - the binding raises what absl's status says, of several types
            raise PolicyError(_uncompiled(expression, str(error))) from None


class _Failed(Exception):
    """An expression ended in an error, as it would in the API server."""


class _Scope:
    """The variables of one review, each evaluated when an expression that names it is."""

    def __init__(self, program: Program, request: Mapping[str, Any], parameters: Any) -> None:
        self._program = program
        self._values: dict[str, Any] = {"params": parameters}
        self._errors: dict[str, str] = {}
        delete = request.get("operation") == "DELETE"
        self._data = {
            "object": None if delete else request.get("object"),
            "oldObject": request.get("oldObject"),
            "request": {key: value for key, value in request.items() if key not in ("object", "oldObject")},
            "namespaceObject": request.get("namespaceObject"),
        }

    def evaluate(self, compiled: Any, expression: str) -> Any:
        """The value.

        Raises:
            _Failed: the expression has none.
        """
        for name in _VARIABLE.findall(expression):
            self._variable(name)
        try:
            # A variable that failed is left out: that shows only where the expression gets to it, as in Kubernetes.
            value = compiled.eval(data={**self._data, "variables": self._values})
        except Exception as error:  # noqa: BLE001 - see _compile
            raise _Failed(self._worded(str(error))) from None
        if value.type() == cel.Type.ERROR:
            raise _Failed(self._worded(str(value.value())))
        return value.plain_value()

    def _variable(self, name: str) -> None:
        if name in self._values or name in self._errors:
            return
        program = self._program
        for needed in program._needs[name]:
            self._variable(needed)
        try:
            compiled = program._variables[name]
            value = compiled.eval(data={**self._data, "variables": self._values})
            if value.type() == cel.Type.ERROR:
                raise ValueError(str(value.value()))
            self._values[name] = value.plain_value()
        except Exception as error:  # noqa: BLE001 - see _compile
            if _UNCARRIED in str(error):
                message = f"variable {name} is an optional value or a type, which presync cannot hold"
                raise PolicyError(message) from None
            self._errors[name] = self._worded(str(error))

    def _worded(self, message: str) -> str:
        """The error in the API server's words, where they are known."""
        if _UNLIKE in message:
            raise PolicyError(f"a field of something that is no object is asked for: {message.strip()}")
        found = _KEY.search(message)
        if found is None and "No matching overloads" in message:
            return "no such overload"
        if found is None:
            return _STATUS.sub("", message.strip().partition("\n")[0]) or "error"
        name = found.group(1)
        if name in self._errors:
            return f'composited variable "{name}" fails to evaluate: {self._errors[name]}'
        return f"no such key: {name}"


def _said(message: str) -> dict[str, Any]:
    return {"msg": message, "details": None}


def _message(check: _Check, scope: _Scope) -> str:
    if check.wording is not None:
        expression, compiled = check.wording
        try:
            text = scope.evaluate(compiled, str(expression))
        except _Failed:
            text = ""
        if isinstance(text, str) and len(text) <= _LONGEST_MESSAGE and "\n" not in text and text.strip():
            return text.strip()
    return check.message or f"failed expression: {check.expression}"


def _uncompiled(expression: str, message: str) -> str:
    shown = " ".join(expression.split())
    shown = shown if len(shown) <= 120 else shown[:117] + "..."
    unknown = _UNDECLARED.search(message)
    if unknown and unknown.group(1) in library.LACKING:
        return f"presync does not have Kubernetes' {unknown.group(1)}, which '{shown}' needs"
    first = next((line.strip() for line in message.splitlines() if line.strip()), "error")
    return f"'{shown}' does not compile: {first}"
