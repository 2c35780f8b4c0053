"""A template with a parameter set, and what can come of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from presync.argocd.appset.govalues import Params


class TooCostly(Exception):
    """A bound was exceeded while templates were evaluated; what they yield is unknown."""


class Unclear(Exception):
    """What a template yields cannot be told."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A template and the parameter set it is evaluated with."""

    text: str
    params: Params = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an evaluation has no result, in Argo CD's words."""

    message: str


Result = str | Failure | None


def execution_failure(text: str, message: str) -> Failure:
    """A template that is one, and cannot be evaluated."""
    return Failure(f"failed to execute go template {text}: {message}")
