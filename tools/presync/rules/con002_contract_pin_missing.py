"""A reader of the contract does not say which contract it was made for.

Files mounted one by one (`subPath`) never change in a running Pod: without the hash as an annotation a changed contract
reaches such a reader only when something else restarts it. That is an error, but for Feast, which holds its repository
in the registry too; there it is a warning, as it is for a whole mount, whose files change in a running Pod, within
minutes, in the middle of what it does. `presync pin` adds the hash to the values.

Bad:

    # Deployment, mounts feast-repo by subPath
    template:
      metadata: {}

Good:

    template:
      metadata:
        annotations: {features.example.com/contract-hash: "sha256:2222"}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.pinning import plan
from presync.contract.pins import Pin, pins
from presync.contract.reading import runs_feast
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON002"
NAME = "contract-pin-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all Pods of an Application that lack the same annotation."""
    found = list(pins(platform))
    missing = [pin for pin in found if pin.missing]
    edits = plan(platform, found).edits if missing else ()
    for pin in missing:
        alone = [mount for mount in pin.reader.alone if mount.part is pin.part]
        edit = next((one for one in edits if one.annotation == pin.annotation and pin.entry.name in one.entries), None)
        yield Match(
            f"{pin.reader} reads ConfigMap {pin.part.resource.name} and has no annotation {pin.annotation}"
            + ("; files mounted by subPath never change in a running Pod" if alone else ""),
            f"Run: presync pin, which writes {edit.key} into {edit.file}" if edit else "Run: presync pin",
            pin.entry,
            pin.reader.resource,
            alone[0].path if alone else pin.reader.path,
            location=edit.location if edit else None,
            severity=None if alone and not _feast(pin) else Severity.WARNING,
            cause=f"{pin.entry.name} {pin.annotation} {bool(alone)}",
            key=pin.annotation,
        )


def _feast(pin: Pin) -> bool:
    return any(runs_feast(container) for container in pin.reader.containers)
