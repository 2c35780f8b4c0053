"""A suite as it is written, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field


class SuiteError(Exception):
    """A suite cannot be read or run as it is written."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """How many violations there must be: a number, ``yes`` or ``no``, of those whose message fits."""

    violations: int | str = "yes"
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An object and what must be said about it; files are relative to the suite."""

    name: str
    object: str
    inventory: tuple[str, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """A template with a constraint, and cases for them."""

    name: str
    template: str
    constraint: str
    expansion: str = ""
    cases: tuple[Case, ...] = ()
    invalid: bool = False  # the constraint must be refused by the template's schema
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of kind Suite; ``path`` is how it is shown."""

    path: str
    tests: tuple[Test, ...] = ()
    skip: bool = False


@dataclass(frozen=True, slots=True)
class CaseResult:
    """``error`` is why it failed; ``undetermined`` that presync could not tell."""

    name: str
    error: str = ""
    undetermined: bool = False
    skipped: bool = False
    seconds: float = 0.0
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """``error`` is what kept the cases from running."""

    name: str
    cases: tuple[CaseResult, ...] = ()
    error: str = ""
    undetermined: bool = False
    skipped: bool = False
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether it or one of its cases did."""
        return bool(self.error) or any(case.error for case in self.cases)

    @property
    def unknown(self) -> bool:
        """Whether something in it could not be told."""
        return self.undetermined or any(case.undetermined for case in self.cases)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """Of a whole file."""

    path: str
    tests: tuple[TestResult, ...] = ()
    error: str = ""
    skipped: bool = False
    seconds: float = 0.0
    cases: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cases", sum(not case.skipped for test in self.tests for case in test.cases))

    @property
    def failed(self) -> bool:
        """Whether one of its tests did."""
        return bool(self.error) or any(test.failed for test in self.tests)

    @property
    def unknown(self) -> bool:
        """Whether something in it could not be told."""
        return bool(self.error) or any(test.unknown for test in self.tests)
