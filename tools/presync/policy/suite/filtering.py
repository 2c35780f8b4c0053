"""Which tests and cases ``--run`` takes, as gator reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from presync.base.errors import PresyncError
from presync.policy.suite.model import Test


@dataclass(frozen=True, slots=True)
class Filter:
    """``test//case``: both must be found in the names; without ``//`` either may be."""

    test: re.Pattern[str] | None = None
    case: re.Pattern[str] | None = None
    either: bool = False

    def takes_test(self, test: Test) -> bool:
        """Whether any of a test runs."""
        if self.test is None:
            return True
        if self.test.search(test.name):
            return True
        return self.either and any(self.takes_case(test.name, case.name) for case in test.cases)

    def takes_case(self, test: str, case: str) -> bool:
        """Whether a case of a test runs."""
        if self.test is None or self.case is None:
            return True
        in_test, in_case = self.test.search(test), self.case.search(case)
        return bool(in_test or in_case) if self.either else bool(in_test and in_case)


def parse(text: str) -> Filter:
    """The filter of a command line.

    Raises:
        PresyncError: it is not one.
    """
    if not text:
        return Filter()
    parts = text.split("//")
    if len(parts) > 2:
        raise PresyncError(f"--run {text!r} has more than one //", "Give TEST, or TEST//CASE.")
    try:
        patterns = [re.compile(part) for part in parts]
    except re.error as error:
        raise PresyncError(
            f"--run {text!r} is not a regular expression: {error}", "Give TEST, or TEST//CASE."
        ) from None
    return Filter(patterns[0], patterns[-1], either=len(parts) == 1)
