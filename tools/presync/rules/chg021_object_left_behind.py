"""An object is not in git any more, and stays in the cluster.

Its Application does not prune, or the object says that it is not to be pruned. Argo CD shows it as out of sync and
leaves it alone: nothing keeps it as git had it, and whoever writes it again gets the one that is there. For volumes
that is the wish; somebody still has to remember them.

Bad:

    syncPolicy: {automated: {prune: false}}

Good:

    syncPolicy: {automated: {prune: true}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import STATEFUL, change_entry, gone, pruned
from presync.rules.model import Match
from presync.rules.sync_options import KEEPING, option

ID = "CHG021"
NAME = "object-left-behind"
SEVERITY = Severity.WARNING


def change(change: Change) -> Iterator[Match]:
    """Every object that an Application which stays has no more, and will not delete."""
    staying = {entry.name for entry in change.head.entries}
    for one in change.resources:
        if one.kind != "removed" or one.old is None or one.old_entry is None or one.old_entry.name not in staying:
            continue
        entry = change_entry(change, one.old_entry)
        if pruned(entry, one.old):
            continue
        meant = one.old.kind in STATEFUL or option(entry, one.old, "Prune") in KEEPING
        yield gone(
            change,
            one,
            f"{one.old} is not in git any more and stays in the cluster: {entry.name} does not prune it",
            "Delete it by hand once nobody needs it (kubectl delete), or let the Application prune.",
            severity=Severity.INFO if meant else None,
            cause=f"{entry.name} left behind",
        )
