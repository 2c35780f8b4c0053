"""An image jumps to another major version, to another repository, or to a tag that moves.

Bad:

    image: redis:8.2   # it was 7.4

Good:

    image: redis:7.4.2   # it was 7.4.1
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import about
from presync.rules.model import Match
from presync.rules.versions import jump, short

ID = "CHG011"
NAME = "image-jumps"
SEVERITY = Severity.WARNING


def change(change: Change) -> Iterator[Match]:
    """Every image that changes by more than a little; one finding for an image."""
    for one in change.resources:
        for difference in one.differences:
            if not difference.path or difference.path[-1] != "image" or difference.added or difference.removed:
                continue
            why = jump(str(difference.old), str(difference.new))
            if why:
                yield about(
                    one,
                    difference,
                    f"{why}: {short(difference.old)} becomes {short(difference.new)}",
                    "Read its upgrade notes; a step back may not be possible.",
                    cause=f"{difference.old} {difference.new}",
                )
