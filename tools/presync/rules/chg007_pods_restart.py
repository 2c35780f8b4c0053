"""The Pods of a workload restart.

Good to know before a merge in office hours. With one replica, or `Recreate`, it is a gap in service.

Bad:

    # a new label in the Pod template of twenty Deployments

Good:

    # labels of the object itself, not of its template
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change, Difference
from presync.rules.model import Match, Path
from presync.rules.restarts import LASTING, is_template, restarts

ID = "CHG007"
NAME = "pods-restart"
SEVERITY = Severity.INFO


def change(change: Change) -> Iterator[Match]:
    """Every workload whose Pods are made anew."""
    for one in change.loud():
        if one.new is None or not restarts(one) or one.new.kind not in LASTING:
            continue
        spec = one.new.data.get("spec") or {}
        single = one.new.kind != "DaemonSet" and spec.get("replicas", 1) == 1
        yield Match(
            f"the Pods of {one.new.kind} {one.new.name} restart" + (", and there is only one" if single else ""),
            "Merge it when that does no harm; a second replica closes the gap."
            if single
            else "Merge it when that does no harm.",
            one.new_entry,
            one.new,
            _shown(one.differences),
        )


def _shown(differences: tuple[Difference, ...]) -> Path:
    """The place to look at: the first field that somebody changed, before checksums that follow from something else."""
    found = sorted((one for one in differences if is_template(one)), key=lambda one: one.noise)
    return found[0].head
