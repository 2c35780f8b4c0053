"""A workload is scaled to nothing.

Bad:

    replicas: 0

Good:

    replicas: 1
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import about
from presync.rules.model import Match

ID = "CHG005"
NAME = "scaled-to-zero"
SEVERITY = Severity.WARNING


def change(change: Change) -> Iterator[Match]:
    """Every workload that had Pods and has none."""
    for one in change.resources:
        for difference in one.differences:
            path = tuple(map(str, difference.path))
            if path == ("spec", "replicas") and difference.new == 0 and difference.old != 0:
                yield about(
                    one, difference, f"{one.resource} is scaled to zero", "Waive CHG005 for it while that is meant."
                )
