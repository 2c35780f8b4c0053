"""An Application goes to another cluster, namespace or project.

What it made where it was is not moved: it is deleted or left behind, and volumes do not come along.

Bad:

    destination: {namespace: redis-production}   # it was redis-prod

Good:

    # a new Application beside the old one, and a move of the data
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match

ID = "CHG018"
NAME = "application-redirected"
SEVERITY = Severity.ERROR


_PATHS = (("spec", "destination"), ("spec", "project"))


def change(change: Change) -> Iterator[Match]:
    """Every such Application."""
    for one in change.applications:
        for difference in one.differences:
            if difference.path[:2] in _PATHS and one.new is not None:
                what = ".".join(map(str, difference.path[1:]))
                place, project = one.new.application.origin.place, difference.path[1] == "project"
                said = f"{what} is {difference.new} now, and was {difference.old}"
                yield Match(
                    said,
                    "Compare what the two projects permit." if project else "What it made before is not moved.",
                    one.new,
                    location=place,
                    severity=Severity.WARNING if project else None,
                    cause=f"{place} {said}",
                    field=".".join(map(str, difference.path)),
                )
