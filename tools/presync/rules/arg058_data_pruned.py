"""A volume that disappears from git is deleted from the cluster.

With automated pruning a renamed claim, or a chart that no longer renders it, deletes the data at the next sync.

Bad:

    # in an Application with syncPolicy.automated.prune: true
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
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.sync_options import KEEPING, option
from presync.rules.volumes import KEPT, retained, volumes

ID = "ARG058"
NAME = "data-pruned"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every volume of an Application that prunes."""
    for entry, resource in volumes(platform):
        automated = entry.application.sync_policy.get("automated")
        prunes = (
            isinstance(automated, Mapping) and automated.get("prune") is True and automated.get("enabled") is not False
        )
        if prunes and option(entry, resource, "Prune") not in KEEPING:
            kept = retained(platform, entry, resource)
            yield Match(
                f"it is deleted when it disappears from git; {KEPT}"
                if kept
                else "it is deleted, with its data, when it disappears from git",
                "Annotate it with argocd.argoproj.io/sync-options: Prune=false,Delete=false.",
                entry,
                resource,
                ("metadata", "annotations"),
                severity=Severity.INFO if kept else None,
                cause=f"{entry.application.origin.application_set or entry.name}{kept}",
            )
