"""A change touches many objects, so that nobody can review them one by one.

Bad:

    # a new label in the library chart: 300 objects

Good:

    # several changes, each with one reason
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match

ID = "CHG016"
NAME = "large-change"
SEVERITY = Severity.INFO


_MANY = 100


def change(change: Change) -> Iterator[Match]:
    """Once, where there are too many."""
    count = sum(1 for _ in change.loud())
    if count > _MANY:
        yield Match(f"{count} objects change", "Look at one of each kind; the reports fold what is alike.", key="large")
