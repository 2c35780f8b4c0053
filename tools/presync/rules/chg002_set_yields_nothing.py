"""An ApplicationSet that made Applications fails or yields none.

One that fails leaves its Applications as they are, and no change reaches them any more. One that yields none removes
them all.

Bad:

    files: [{path: envs/prod/*/ap.yaml}]

Good:

    files: [{path: envs/prod/*/app.yaml}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match

ID = "CHG002"
NAME = "set-yields-nothing"
SEVERITY = Severity.ERROR


def change(change: Change) -> Iterator[Match]:
    """Every set that had Applications and has none."""
    before = {(one.manifest.namespace, one.manifest.name): one for one in change.base.expansions}
    for one in change.head.expansions:
        was = before.get((one.manifest.namespace, one.manifest.name))
        if was is None or not was.applications or one.applications:
            continue
        count = len(was.applications)
        then = f"fails, and its {count} Applications stay as they are" if one.error else f"yields none of its {count}"
        yield Match(
            f"ApplicationSet {one.manifest.name} {then}",
            one.error or "Compare the paths of its generators with the files that are there.",
            location=one.manifest.location,
            resource_name=f"ApplicationSet {one.manifest.name}",
            key=one.manifest.name,
        )
