"""The final list."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from presync.base.finding import Finding, Severity
from presync.findings import lines, merge, waivers
from presync.platform.model import Platform
from presync.rules.run import run


def collect(platform: Platform, kinds_only: bool = False, today: datetime.date | None = None) -> list[Finding]:
    """Everything to be said about a platform, the worst first.

    Args:
        platform: What was rendered.
        kinds_only: Only what earlier steps reported; the rules that look for themselves do not run. Waivers are
            applied, but none is called unused, since most rules did not have their say.
        today: The date waivers are judged by; the real one by default.
    """
    found = run(platform, lines.of_match, kinds_only)
    date = today or datetime.datetime.now(tz=datetime.UTC).date()
    kept = waivers.apply(platform, found, date, report_unused=not kinds_only)
    return ordered(merge.merge(kept), platform.environments)


def ordered(findings: Iterable[Finding], environments: Sequence[str] = ()) -> list[Finding]:
    """By severity, then environment, Application, rule and place."""
    worst_first = list(Severity)
    position = {name: at for at, name in enumerate(environments)}

    def key(finding: Finding) -> tuple[object, ...]:
        return (
            worst_first.index(finding.severity),
            position.get(finding.environment, len(position)),
            finding.application,
            finding.rule,
            finding.location.file,
            finding.location.line,
            finding.resource,
            finding.field,
            finding.message,
        )

    return sorted(findings, key=key)
