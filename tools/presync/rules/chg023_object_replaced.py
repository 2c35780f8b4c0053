"""An object is deleted and made anew, not updated.

`Force=true` with `Replace=true` deletes before it creates: Pods are gone meanwhile, the claims of a StatefulSet lose
their owner, a Service its address. `Replace=true` alone overwrites what others wrote into the object: replicas of an
autoscaler, annotations of a controller.

Bad:

    metadata:
      annotations: {argocd.argoproj.io/sync-options: "Force=true,Replace=true"}

Good:

    syncOptions: [ServerSideApply=true]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import is_hook
from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import STATEFUL
from presync.rules.model import Match
from presync.rules.sync_options import option

ID = "CHG023"
NAME = "object-replaced"
SEVERITY = Severity.WARNING
_REPLACED = frozenset({"Job"})  # nothing else can be done with one, and nothing hangs on it


def change(change: Change) -> Iterator[Match]:
    """Every object that changes and is replaced for it."""
    for one in change.loud():
        if one.kind != "changed" or one.new is None or one.new_entry is None or is_hook(one.new.annotations):
            continue
        if option(one.new_entry, one.new, "Replace") != "true" or one.new.kind in _REPLACED:
            continue
        forced = option(one.new_entry, one.new, "Force") == "true"
        what = "deletes it and makes it anew" if forced else "overwrites all of it"
        yield Match(
            f"{one.new} changes, and the sync {what} (Replace=true)",
            "Take Replace=true away once it has done its work; ServerSideApply=true copes with large objects.",
            one.new_entry,
            one.new,
            ("metadata", "annotations"),
            severity=Severity.ERROR if forced and one.new.kind in STATEFUL else None,
            quote="Replace=true",
        )
