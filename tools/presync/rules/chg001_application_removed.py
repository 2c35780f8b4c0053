"""An Application disappears.

Its folder is gone, its generator yields fewer, or its manifest is. With a finalizer everything it made is deleted from
the cluster; without one it stays there, with nobody to look after it.

Bad:

    # envs/prod/redis/app.yaml deleted, in a set that cascades

Good:

    # first set preserveResourcesOnDeletion, or waive this rule for the Application with a date
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import place
from presync.rules.model import Match

ID = "CHG001"
NAME = "application-removed"
SEVERITY = Severity.ERROR


def change(change: Change) -> Iterator[Match]:
    """Every Application that was there and is not."""
    keeping = {
        one.manifest.name
        for one in change.base.expansions
        if (one.manifest.data.get("spec") or {}).get("syncPolicy", {}).get("preserveResourcesOnDeletion") is True
    }
    failed = {one.manifest.name for one in change.head.expansions if one.error}
    for one in change.applications:
        if one.kind != "removed" or one.old is None or one.old.application.origin.application_set in failed:
            continue
        origin, count = one.old.application.origin, len(one.old.rendered.resources)
        finalizers = [str(name) for name in one.old.application.metadata.get("finalizers") or ()]
        made = bool(origin.application_set)
        cascades = any("resources-finalizer" in name for name in finalizers) or (
            made and not finalizers and origin.application_set not in keeping
        )
        then = f"its {count} objects are deleted with it" if cascades else f"its {count} objects stay in the cluster"
        message, remedy = f"Application {one.old.name} disappears; {then}", "Waive CHG001 for it, with a date,"
        if one.counterpart is not None:
            other = one.counterpart.name
            message = f"Application {one.old.name} is renamed to {other}, which Argo CD takes for another one; {then}"
            message += f", and those of {other} are made anew" if cascades else f", beside those of {other}"
            remedy = f"Keep the name, or move what {one.old.name} holds before. Waive CHG001 for it, with a date,"
        yield Match(
            message,
            f"{remedy} if that is meant.",
            one.old,
            location=place(change, one.old),
            severity=None if cascades else Severity.WARNING,
            key=one.old.name,
        )
