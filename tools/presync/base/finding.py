"""Problems that steps run into, and the findings that rules make of them."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Container
from dataclasses import dataclass


class Severity(enum.StrEnum):
    """How bad it is, by consequence."""

    ERROR = "error"  # Argo CD, Kubernetes or the workload will fail
    WARNING = "warning"  # works today, will hurt
    INFO = "info"  # good to know; does not change the exit code


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the tree; line and column count from 1, 0 means unknown."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a step before the rules could not do or saw going wrong.

    ``kind`` names it (``generator-empty``, ``render-failed`` …); the rule that declares the same kind turns it into a
    finding. A kind without a rule is a programming error that the tests catch.
    """

    kind: str
    message: str
    remedy: str = ""
    application: str = ""
    resource: str = ""
    field: str = ""
    location: Location = Location()
    cause: str = ""  # problems of one kind and environment with the same cause are one finding


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding shows besides its first place."""

    application: str = ""
    environment: str = ""
    resource: str = ""
    field: str = ""
    location: Location = Location()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing somebody must know, and the line to edit."""

    rule: str
    name: str
    severity: Severity
    message: str
    remedy: str = ""
    application: str = ""
    environment: str = ""
    resource: str = ""
    field: str = ""
    location: Location = Location()
    undetermined: bool = False  # presync could not tell: exit code 2, never a pass
    key: str = ""  # what tells two findings of one rule on one field apart, instead of the message
    cause: str = ""  # findings of one rule and environment with the same cause are one, with several places
    places: tuple[Place, ...] = ()  # the further places

    def concerns(self, applications: Container[str]) -> bool:
        """Whether one of its places is in one of these Applications."""
        return self.application in applications or any(place.application in applications for place in self.places)

    @property
    def fingerprint(self) -> str:
        """The same for the same problem in the next run, whatever line it moved to."""
        parts = (self.rule, self.application, self.resource, self.field, self.key or self.message)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
