"""A Role or ClusterRole permits more than before, or more subjects get it.

Bad:

    rules: [{apiGroups: [""], resources: [secrets], verbs: [get, list, watch]}]

Good:

    rules: [{apiGroups: [""], resources: [secrets], resourceNames: [app-config], verbs: [get]}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match
from presync.rules.rights import bound, dangerous, few, permissions

ID = "CHG008"
NAME = "rights-widened"
SEVERITY = Severity.WARNING


def change(change: Change) -> Iterator[Match]:
    """Every permission and every subject that is new."""
    for one in change.resources:
        if one.new is None or one.new.group != "rbac.authorization.k8s.io":
            continue
        old = one.old.data if one.old is not None else {}
        wider = sorted(permissions(one.new.data) - permissions(old))
        subjects = sorted(bound(one.new.data) - bound(old)) if one.old is not None else []
        if wider and (one.old is not None or any(dangerous(right) for right in wider)):
            strong = any(dangerous(right) for right in wider)
            yield Match(
                f"{one.new.kind} {one.new.name} permits more: {few(wider)}",
                "Name the objects with resourceNames, and only the verbs that are needed.",
                one.new_entry,
                one.new,
                ("rules",),
                severity=Severity.ERROR if strong else None,
            )
        if subjects:
            yield Match(
                f"{one.new.kind} {one.new.name} binds further subjects: {few(subjects)}",
                "",
                one.new_entry,
                one.new,
                ("subjects",),
            )
