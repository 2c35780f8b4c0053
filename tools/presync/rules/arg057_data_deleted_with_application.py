"""Deleting an Application deletes its volumes.

An Application that an ApplicationSet makes gets a finalizer that deletes everything it made, and a folder removed from
git removes the Application. `Prune=false` does not help here; `Delete=false` on the volume does, and so does
`preserveResourcesOnDeletion` of the set.

Bad:

    kind: PersistentVolumeClaim
    metadata: {name: data}

Good:

    kind: PersistentVolumeClaim
    metadata:
      name: data
      annotations: {argocd.argoproj.io/sync-options: "Prune=false,Delete=false"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.rules.model import Match
from presync.rules.sync_options import KEEPING, option
from presync.rules.volumes import KEPT, retained, volumes

ID = "ARG057"
NAME = "data-deleted-with-application"
SEVERITY = Severity.WARNING
_FINALIZER = "resources-finalizer.argocd.argoproj.io"


def check(platform: Platform) -> Iterator[Match]:
    """Every volume of an Application that cascades."""
    keeping = {
        one.manifest.name
        for one in platform.expansions
        if isinstance(policy := (one.manifest.data.get("spec") or {}).get("syncPolicy"), Mapping)
        and policy.get("preserveResourcesOnDeletion") is True
    }
    for entry, resource in volumes(platform):
        if _cascades(entry, keeping) and option(entry, resource, "Delete") not in KEEPING:
            kept = retained(platform, entry, resource)
            yield Match(
                f"deleting its Application deletes it; {KEPT}"
                if kept
                else "deleting its Application deletes it, with its data",
                "Annotate it with argocd.argoproj.io/sync-options: Prune=false,Delete=false.",
                entry,
                resource,
                ("metadata", "annotations"),
                severity=Severity.INFO if kept else None,
                cause=f"{entry.application.origin.application_set or entry.name}{kept}",
            )


def _cascades(entry: Entry, keeping: set[str]) -> bool:
    finalizers = [str(one) for one in entry.application.metadata.get("finalizers") or ()]
    if any(one.startswith(_FINALIZER) for one in finalizers):
        return True
    made = entry.application.origin.application_set
    return bool(made) and made not in keeping and not finalizers
