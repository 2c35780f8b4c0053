"""How rendering a source ends when it does not end in resources."""

from __future__ import annotations

from presync.base.finding import Location, Problem


class Refused(Exception):
    """Argo CD would refuse too; the message is the core of what it would show."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems = problems


class Unavailable(Exception):
    """presync has not what it needs to tell; the problem says what and how to get it."""

    def __init__(self, kind: str, message: str, remedy: str = "", location: Location | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(kind, message, remedy, location=location or Location())
