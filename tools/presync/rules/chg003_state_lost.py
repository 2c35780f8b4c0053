"""Something that holds data, or on which others hang, is deleted by the next sync.

A volume, a StatefulSet, a Namespace or a CustomResourceDefinition (and with it every object of its kind) is not in git
any more, and its Application prunes.

Bad:

    # a PersistentVolumeClaim no longer rendered

Good:

    metadata:
      annotations: {argocd.argoproj.io/sync-options: "Prune=false,Delete=false"}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import STATEFUL, change_entry, gone, pruned
from presync.rules.model import Match
from presync.rules.sync_options import KEEPING, option
from presync.rules.volumes import KEPT, retained

ID = "CHG003"
NAME = "state-lost"
SEVERITY = Severity.ERROR


def change(change: Change) -> Iterator[Match]:
    """Every such object that is pruned, or deleted with its Application."""
    removed = {one.old.name for one in change.applications if one.kind == "removed" and one.old is not None}
    for one in change.resources:
        if one.kind != "removed" or one.old is None or one.old_entry is None or one.old.kind not in STATEFUL:
            continue
        kept = one.old.kind in ("PersistentVolume", "PersistentVolumeClaim") and retained(
            change.base, one.old_entry, one.old
        )
        more: dict[str, Any] = {"severity": Severity.WARNING} if kept else {}
        and_kept = f"; {KEPT}" if kept else ""
        if one.old_entry.name in removed:
            if option(one.old_entry, one.old, "Delete") in KEEPING:
                continue
            yield gone(
                change,
                one,
                f"{one.old} goes with its Application{and_kept}",
                "Add Delete=false before, if its data is needed.",
                **more,
            )
        elif pruned(change_entry(change, one.old_entry), one.old):
            yield gone(
                change,
                one,
                f"the next sync deletes {one.old}{and_kept}",
                "Annotate it with argocd.argoproj.io/sync-options: Prune=false,Delete=false, one change before.",
                **more,
            )
