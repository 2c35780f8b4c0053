"""The final list about a change."""

from __future__ import annotations

import datetime
from functools import partial

from presync.base.finding import Finding, Location, Severity
from presync.change import causes
from presync.change.model import Change
from presync.findings import lines, merge, waivers
from presync.findings.collect import collect, ordered
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.run import run_change

_FAILS = "CHG017"


def collect_upgrade(change: Change, today: datetime.date | None = None) -> list[Finding]:
    """What is dangerous about other versions: the dangers of what changes, and what `check` says only under them.

    That something does not render any more is told once, with the reason.
    """
    before = {finding.fingerprint for finding in collect(change.base, today=today)}
    new = [finding for finding in collect(change.head, today=today) if finding.fingerprint not in before]
    told = {finding.application for finding in new if finding.severity is not Severity.INFO}
    dangers = [one for one in collect_change(change, today) if one.rule != _FAILS or one.application not in told]
    return ordered([*dangers, *new], change.head.environments)


def collect_change(change: Change, today: datetime.date | None = None) -> list[Finding]:
    """What is dangerous about a change, the worst first; waivers of the new state hold, unused ones are `check`'s."""
    date = today or datetime.datetime.now(tz=datetime.UTC).date()
    found = run_change(change, partial(_locate, change))
    kept = waivers.apply(change.head, found, date, report_unused=False)
    return ordered(merge.merge(kept), change.head.environments)


def _locate(change: Change, platform: Platform, match: Match) -> Location:
    """The changed line that brought it, where that is known; else where somebody edits the field."""
    if match.resource is not None and not match.quote:
        found = causes.of_field(change, match.resource, match.path)
        if found is not None:
            return found
    return lines.of_match(platform, match)
