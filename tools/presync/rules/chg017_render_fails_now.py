"""An Application could be rendered before and cannot be now, or the other way round.

Nothing is said about its objects: that they are not rendered does not mean that they are gone.

Bad:

    # a value that a template cannot use

Good:

    # `presync check` is clean
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match

ID = "CHG017"
NAME = "render-fails-now"
SEVERITY = Severity.ERROR
UNDETERMINED = True


def change(change: Change) -> Iterator[Match]:
    """Every Application of which one state is unknown."""
    for old, new in change.unknown:
        entry = new or old
        if entry is None or new is None:
            continue
        failed = new.rendered.error or new.rendered.unavailable
        if failed:
            yield Match(f"it cannot be rendered any more: {failed}", "`presync check` says where.", entry, cause=failed)
        else:
            yield Match(
                "it could not be rendered before, so what changes is not known",
                "Look at the whole of it: presync render.",
                entry,
                severity=Severity.WARNING,
                undetermined=False,
            )
