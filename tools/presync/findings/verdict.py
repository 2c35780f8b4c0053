"""What a list of findings amounts to."""

from __future__ import annotations

from collections.abc import Iterable

from presync.base.finding import Finding, Severity

CLEAN, FINDINGS, UNDETERMINED = 0, 1, 2


def status(findings: Iterable[Finding]) -> int:
    """The exit status: 2 when anything could not be told, 1 when anything is wrong, 0 when all is clean.

    What is only good to know does not change it.
    """
    worst = CLEAN
    for finding in findings:
        if finding.undetermined:
            return UNDETERMINED
        if finding.severity is not Severity.INFO:
            worst = FINDINGS
    return worst
