"""What is said about one ApplicationSet, and where it stands."""

from __future__ import annotations

from presync.argocd.appset.gotypes import Path, dotted
from presync.argocd.appset.lines import Lines
from presync.base.finding import Location, Problem


class Reporter:
    """Collects the problems of one ApplicationSet."""

    def __init__(self, name: str, lines: Lines) -> None:
        self.name = name
        self.lines = lines
        self.problems: list[Problem] = []

    def add(
        self,
        kind: str,
        message: str,
        remedy: str,
        path: Path,
        *,
        application: str = "",
        location: Location | None = None,
    ) -> None:
        """A problem with the field at ``path``; ``location`` where the line to look at is another one."""
        self.problems.append(
            Problem(
                kind,
                f"ApplicationSet {self.name}: {message}",
                remedy,
                application=application,
                resource=f"ApplicationSet/{self.name}",
                field=dotted(path),
                location=location or self.lines.at(path),
            )
        )


class Failed(Exception):
    """The ApplicationSet yields nothing: Argo CD's words, the field, and the parameters it happened with."""

    def __init__(
        self, message: str, path: Path, location: Location | None = None, parameters: Location | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.location = location
        self.parameters = parameters
