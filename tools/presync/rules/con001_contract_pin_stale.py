"""A reader of the contract says it was made for another contract than the one that is rendered.

The hash is an annotation of the reader's Pods, so that a changed contract replaces them. With the old hash they go on
with the old files, those mounted one by one (`subPath`) for ever; and who waits for the contract it was pinned to, as
`feast apply` does here, waits in vain. `presync pin` writes the hash into the values that set it.

Bad:

    # ConfigMap feast-repo
    annotations: {features.example.com/contract-hash: "sha256:2222"}
    # envs/dev/feast/values.yaml
    contract: {hash: "sha256:1111"}

Good:

    # ConfigMap feast-repo
    annotations: {features.example.com/contract-hash: "sha256:2222"}
    # envs/dev/feast/values.yaml
    contract: {hash: "sha256:2222"}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.pins import pins
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON001"
NAME = "contract-pin-stale"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all Pods of an Application whose pin is the same."""
    for pin in pins(platform):
        if pin.stale:
            yield Match(
                f"{pin.annotation} is {_short(pin.current)}, and ConfigMap {pin.part.resource.name} "
                f"({pin.part.entry.name}) has {_short(pin.wanted)}",
                "Run: presync pin",
                pin.entry,
                pin.reader.resource,
                pin.reader.annotation(pin.annotation),
                cause=f"{pin.entry.name} {pin.annotation} {pin.current}",
                key=pin.annotation,
            )


def _short(value: str) -> str:
    return value if len(value) <= 20 else f"{value[:15]}…"
