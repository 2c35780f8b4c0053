"""The final list about a change."""

from __future__ import annotations

import datetime

from presync.base.finding import Finding
from presync.change.model import Change
from presync.findings import lines, merge, waivers
from presync.findings.collect import ordered
from presync.rules.run import run_change


def collect_change(change: Change, today: datetime.date | None = None) -> list[Finding]:
    """What is dangerous about a change, the worst first; waivers of the new state hold, unused ones are `check`'s."""
    date = today or datetime.datetime.now(tz=datetime.UTC).date()
    kept = waivers.apply(change.head, run_change(change, lines.of_match), date, report_unused=False)
    return ordered(merge.merge(kept), change.head.environments)
