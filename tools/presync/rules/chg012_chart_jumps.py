"""A remote chart of an Application, an operator's for example, changes its version.

Its objects change with it, its CustomResourceDefinitions often not: read the notes of the versions between.

Bad:

    targetRevision: 90.0.0   # it was 88.5.3

Good:

    targetRevision: 88.5.4   # it was 88.5.3
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match
from presync.rules.versions import major

ID = "CHG012"
NAME = "chart-jumps"
SEVERITY = Severity.WARNING


def change(change: Change) -> Iterator[Match]:
    """Every version of a remote chart that changes: a warning for a major one, else good to know."""
    for one in change.applications:
        if one.old is None or one.new is None:
            continue
        before = {(source.repo_url, source.chart): source.target_revision for source in one.old.application.sources}
        for source in one.new.application.sources:
            was = before.get((source.repo_url, source.chart))
            if not source.chart or was is None or was == source.target_revision:
                continue
            large = major(was) != major(source.target_revision)
            yield Match(
                f"chart {source.chart} goes from {was} to {source.target_revision}",
                "Read its upgrade notes." if large else "",
                one.new,
                location=one.new.application.origin.location,
                severity=None if large else Severity.INFO,
                field="spec.source.targetRevision",
                quote=source.target_revision,
            )
