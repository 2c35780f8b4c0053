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

    def __init__(
        self,
        kind: str,
        message: str,
        remedy: str = "",
        location: Location | None = None,
        *,
        field: str = "",
        cause: str = "",
    ) -> None:
        """``field`` is one of the source; ``cause`` is what several sources may have in common."""
        super().__init__(message)
        self.problem = Problem(kind, message, remedy, field=field, location=location or Location(), cause=cause)

    def placed(self, field: str = "", location: Location | None = None) -> Unavailable:
        """The same at a field or in a file, where it has no place yet."""
        said = self.problem
        if said.location.file:
            return self
        return Unavailable(said.kind, said.message, said.remedy, location, field=field or said.field, cause=said.cause)
