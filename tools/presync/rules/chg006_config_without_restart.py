"""A ConfigMap or Secret changes, and the Pods that read it when they start, do not restart.

What is read into the environment, or mounted with subPath, never changes in a running Pod. The new configuration counts
from the next restart on, whenever that is and for each Pod at another time.

Bad:

    # the ConfigMap changes, the Pod template does not
    envFrom: [{configMapRef: {name: app}}]

Good:

    # a checksum of the ConfigMap as annotation of the Pod template
    checksum/config: {{ include (print $.Template.BasePath "/config.yaml") . | sha256sum }}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.render.model import Resource
from presync.rules.changes import below
from presync.rules.model import Match
from presync.rules.restarts import LASTING, readers, restarts

ID = "CHG006"
NAME = "config-without-restart"
SEVERITY = Severity.WARNING
_RELOADER = "reloader.stakater.com"


def change(change: Change) -> Iterator[Match]:
    """Every Pod that goes on with the old configuration."""
    restarting = {(one.entry.name, str(one.new)) for one in change.resources if restarts(one)}
    for one in change.resources:
        if one.kind != "changed" or one.new is None or one.new.kind not in ("ConfigMap", "Secret"):
            continue
        if not any(True for _ in below(one.differences, "data")) and not any(
            True for _ in below(one.differences, "stringData")
        ):
            continue
        for entry, resource, how in readers(change.head, one.new, one.entry):
            if (entry.name, str(resource)) not in restarting and resource.kind in LASTING and not _reloaded(resource):
                yield Match(
                    f"{one.new.kind} {one.new.name} changes, and {resource.kind} {resource.name} reads it {how}: "
                    "its Pods go on with the old one",
                    "Give the Pod template a checksum of it as annotation.",
                    entry,
                    resource,
                    key=str(one.new),
                )


def _reloaded(resource: Resource) -> bool:
    """Whether Reloader (github.com/stakater/Reloader) was asked to restart it."""
    return any(key.partition("/")[0].endswith(_RELOADER) for key in map(str, resource.annotations))
