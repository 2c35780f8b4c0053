"""Versions and constraints, by the library that Helm and Argo CD use, in the engine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key

from presync.engine import Chart, Engine, EngineError

_CHART = Chart(
    "semver",
    {
        "Chart.yaml": b"apiVersion: v2\nname: semver\nversion: 0.0.0\n",
        "templates/satisfies": b"{{ semverCompare .Values.first .Values.second }}",
    },
)
_COMPARE = Chart(
    "semver",
    {
        "Chart.yaml": b"apiVersion: v2\nname: semver\nversion: 0.0.0\n",
        "templates/compare": b"{{ (semver .Values.first).Compare (semver .Values.second) }}",
    },
)
_PLAIN = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}$")


class VersionError(ValueError):
    """Not a version, or not a constraint."""


class Versions:
    """Answers are remembered; a run asks the same few questions again and again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._archives = {"satisfies": _CHART.archive(), "compare": _COMPARE.archive()}
        self._known: dict[tuple[str, str, str], str] = {}

    def satisfies(self, constraint: str, version: str) -> bool:
        """Whether the version fits the constraint.

        Raises:
            VersionError: either is malformed.
        """
        if constraint == version and _PLAIN.match(version):
            return True
        return self._ask("satisfies", constraint, version) == "true"

    def is_version(self, text: str) -> bool:
        """Whether the text is one version and not a range."""
        if _PLAIN.match(text):
            return True
        try:
            self._ask("compare", text, "0.0.0")
        except VersionError:
            return False
        return True

    def greatest(self, versions: Iterable[str]) -> str:
        """The highest of some versions; empty for none."""
        found = [version for version in versions if self.is_version(version)]
        return max(found, key=cmp_to_key(self._compare), default="")

    def _compare(self, first: str, second: str) -> int:
        return int(self._ask("compare", first, second))

    def _ask(self, question: str, first: str, second: str) -> str:
        key = (question, first, second)
        known = self._known.get(key)
        if known is None:
            try:
                known = self._engine.evaluate(self._archives[question], {"first": first, "second": second})
            except EngineError as error:
                if error.bound:
                    raise
                known = ""
            self._known[key] = known
        if not known:
            raise VersionError(f"{first!r} or {second!r} is not a version or constraint")
        return known
