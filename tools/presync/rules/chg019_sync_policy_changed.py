"""An Application starts to prune, stops to heal, or loses a protection of its sync policy.

Bad:

    automated: {prune: true}   # it was false

Good:

    # the same as in the other environments
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.base.finding import Severity
from presync.change.model import MISSING, Change
from presync.rules.model import Match

ID = "CHG019"
NAME = "sync-policy-changed"
SEVERITY = Severity.WARNING
# How long a failing sync waits, and labels of the namespace, which CHG009 weighs.
_HARMLESS = (("retry",), ("managedNamespaceMetadata",))


def _off(value: Any) -> bool:
    """A switch that says no, or that is not there, which is the same."""
    return value is False or value is MISSING


def change(change: Change) -> Iterator[Match]:
    """Every Application whose automation or options change."""
    for one in change.applications:
        for difference in one.differences:
            if (
                difference.path[:2] == ("spec", "syncPolicy")
                and one.new is not None
                and difference.path[2:3] not in _HARMLESS
                and not (difference.path[2:3] == ("automated",) and _off(difference.old) and _off(difference.new))
            ):
                what = ".".join(map(str, difference.path[2:]))
                yield Match(
                    f"the sync policy changes: {what} is {difference.new} now, and was {difference.old}",
                    "Try it in one environment first, and say in the commit why.",
                    one.new,
                    location=one.new.application.origin.location,
                    field=".".join(map(str, difference.path)),
                    cause=f"{one.new.application.origin.application_set} {what} {difference.new}",
                )
