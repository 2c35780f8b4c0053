"""A field changes that Kubernetes does not let anybody change.

The API server refuses the update, and the sync fails until the object is deleted and made anew: by hand, or with
`Replace=true,Force=true`.

Bad:

    kind: StatefulSet
    spec: {serviceName: other}

Good:

    # a new StatefulSet beside the old one, and a move of the data
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import is_hook
from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import about
from presync.rules.immutable import immutable
from presync.rules.model import Match
from presync.rules.sync_options import option

ID = "CHG004"
NAME = "immutable-field"
SEVERITY = Severity.ERROR


def change(change: Change) -> Iterator[Match]:
    """Every such field of an object that stays."""
    for one in change.resources:
        if (
            one.old is None
            or one.new is None
            or one.old.api_version.partition("/")[0] != one.new.api_version.partition("/")[0]
        ):
            continue
        if option(one.entry, one.new, "Force") == "true" and option(one.entry, one.new, "Replace") == "true":
            continue
        if is_hook(one.new.annotations):
            continue  # made anew by each sync
        for difference in one.differences:
            why = immutable(one.new, difference, one.old)
            if why:
                yield about(
                    one,
                    difference,
                    f"{why}; the sync fails",
                    "Make a new object under another name, or delete the old one by hand.",
                )
