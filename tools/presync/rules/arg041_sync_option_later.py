"""An Application's sync option is one that its Argo CD does not know yet.

Prune and Delete as options of the whole Application came with Argo CD 3.4; 3.3 ignores them without a word, and reads
only the annotation of each object.

With `argocd: "3.3"` in presync.yaml:

Bad:

    syncPolicy:
      syncOptions:
        - Prune=confirm

Good:

    metadata:
      annotations:
        argocd.argoproj.io/sync-options: Prune=confirm
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.versions import later_sync_options
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG041"
NAME = "sync-option-later"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Each option of each Application."""
    version = platform.settings.argocd
    for entry in platform.entries:
        for option in later_sync_options(version, entry.application.sync_options):
            yield Match(
                f"Argo CD {version} ignores the sync option {option} of an Application; it came with 3.4",
                "Put the option into the annotation argocd.argoproj.io/sync-options of the objects.",
                entry,
                location=entry.application.origin.location,
                field="spec.syncPolicy.syncOptions",
                cause=f"{version} {option}",
                quote=option,
            )
