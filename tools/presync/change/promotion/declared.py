"""Differences that presync.yaml declares as meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from presync.change.promotion.model import App, Declaration
from presync.settings.model import Intended


class Declared:
    """The entries of ``differences`` that are about two environments, and which of them were of use."""

    def __init__(self, entries: Sequence[Intended], here: str, there: str) -> None:
        self.entries = {
            at: entry for at, entry in enumerate(entries) if not entry.between or set(entry.between) == {here, there}
        }
        self._used: set[int] = set()

    def alone(self, app: str, environment: str) -> Declaration | None:
        """For an app that one environment has."""
        return self._first(
            at for at, entry in self.entries.items() if entry.only == environment and _fits(entry.application, app)
        )

    def value(self, app: str, path: str) -> Declaration | None:
        """For a key of the values, or one above it that is named."""
        return self._first(
            at
            for at, entry in self.entries.items()
            if _fits(entry.application, app) and any(_covers(pattern, path) for pattern in entry.values)
        )

    def field(self, app: str, resource: str, field: str) -> Declaration | None:
        """For a field of a rendered object, or the whole object where no field is named."""
        return self._first(
            at
            for at, entry in self.entries.items()
            if entry.resource
            and _fits(entry.application, app)
            and _fits(entry.resource, resource)
            and (not entry.field or _covers(entry.field, field))
        )

    def _first(self, found: Iterator[int]) -> Declaration | None:
        every = list(found)
        self._used.update(every)
        return Declaration(every[0], self.entries[every[0]].why) if every else None

    def unused(self, apps: Sequence[App]) -> tuple[str, ...]:
        """Entries about nothing; where an app could not be rendered, those that may be about it are not told."""
        dark = [app.name for app in apps if app.unknown]
        return tuple(
            f"differences[{at}] ({entry.why})"
            for at, entry in self.entries.items()
            if at not in self._used and not any(_fits(entry.application, name) for name in dark)
        )


def _fits(pattern: str, text: str) -> bool:
    """Whether a pattern is about a text: ``*`` stands for any text, and brackets, which fields have, for themselves."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def _covers(pattern: str, path: str) -> bool:
    """Whether a glob is about the path or something above it; a name in brackets may be left out."""
    steps = [match.end() for match in re.finditer(r"[^.\[\]]+|\[[^\]]*\]", path)]
    return any(_fits(pattern, path[:end]) for end in steps)
