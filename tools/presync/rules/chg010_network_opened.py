"""A NetworkPolicy goes, or lets more in or out than before.

Bad:

    # the default deny of a namespace is not rendered any more

Good:

    # one more edge, by namespace and port
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change, Difference
from presync.rules.changes import about, change_entry, gone
from presync.rules.model import Match

ID = "CHG010"
NAME = "network-opened"
SEVERITY = Severity.WARNING


def change(change: Change) -> Iterator[Match]:
    """Every policy that is removed, and every edge without a peer or a port that is new."""
    for one in change.resources:
        if one.resource.kind != "NetworkPolicy":
            continue
        if one.kind == "removed":
            if one.old_entry is not None and change_entry(change, one.old_entry) is one.old_entry:
                continue  # its Application is gone, with everything it closed
            yield gone(change, one, "the policy is gone: what it closed is open", "Keep it, or say why in a waiver.")
            continue
        for difference in one.differences if one.old is not None else ():
            if (
                str(difference.path[:1])
                and difference.path[:2] in (("spec", "ingress"), ("spec", "egress"))
                and _opens(difference)
            ):
                yield about(
                    one, difference, f"{difference.path[1]} is open to everybody now", "Name who may, and the port."
                )
            elif difference.path[:2] == ("spec", "podSelector") or difference.path[:2] == ("spec", "policyTypes"):
                yield about(
                    one,
                    difference,
                    "the policy holds for other Pods or directions now",
                    "Check what is not covered any more.",
                )


def _opens(difference: Difference) -> bool:
    """Whether a rule is new that names nobody, or loses whom it names."""
    new, last = difference.new, str(difference.path[-1])
    if difference.removed:
        return last in ("from", "to", "ports", "podSelector", "namespaceSelector")
    if isinstance(new, dict):
        cidr = new.get("ipBlock", {}).get("cidr") if isinstance(new.get("ipBlock"), dict) else None
        return not new or cidr in ("0.0.0.0/0", "::/0")
    return new in ("0.0.0.0/0", "::/0")
