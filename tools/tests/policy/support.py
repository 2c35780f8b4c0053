"""Templates and what they say, from a few lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from presync.policy.evaluator import Evaluator
from presync.policy.model import CEL, REGO, PolicyError, Template

TIMEOUT = 30.0


def template(code: Mapping[str, Any], engine: str = REGO) -> Template:
    """A template of which only the code matters."""
    return Template("policy", "Policy", engine, code, {})


def rego(body: str, *libs: str, version: str = "v0") -> Template:
    """A template of this Rego, the package line left out."""
    return template({"rego": f"package policy\n{body}", "libs": list(libs), "version": version})


def cel(**source: Any) -> Template:
    """A template of this CEL."""
    return template(source, CEL)


def said(
    one: Template,
    data: Any = None,
    parameters: Mapping[str, Any] | None = None,
    *,
    inventory: Any = None,
    request: Mapping[str, Any] | None = None,
    timeout: float = TIMEOUT,
) -> list[str]:
    """Messages about an object, sorted; what could not be told begins with a question mark.

    Raises:
        PolicyError: the template is refused, or exceeds a bound.
    """
    review = {"object": data, "oldObject": None, "operation": "", **(request or {})}
    with Evaluator(timeout=timeout) as evaluator:
        evaluator.load("policy", one)
        evaluator.documents([json.dumps(review).encode()], [json.dumps(inventory or {}).encode()])
        found = list(evaluator.evaluate("policy", parameters or {}, [0], 0))
    return sorted(f"? {each.error}" if each.violation is None else each.violation.message for each in found)


def refusal(one: Template, timeout: float = TIMEOUT) -> PolicyError:
    """Why a template is refused."""
    try:
        said(one, {}, timeout=timeout)
    except PolicyError as error:
        return error
    raise AssertionError("it was not refused")
