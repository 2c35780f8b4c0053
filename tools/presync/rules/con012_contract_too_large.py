"""The contract does not fit into its ConfigMaps.

A ConfigMap may hold 1 MiB (1,048,576 bytes); the API server refuses a larger one. All ConfigMaps of one environment's
contract together stay below it here, so that one more file never decides whether a sync succeeds. A client-side apply
ends at a quarter of that (ARG054).

Bad:

    data:
      user-features.schema.json: "…"   # 900 KB of allowed values

Good:

    # long lists of values stand in a table of their own, not in the contract
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from presync.base.finding import Location, Severity
from presync.contract.compatibility import Change, Level
from presync.contract.model import MAX_BYTES, read
from presync.contract.parts import Part, parts
from presync.contract.source import place
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON012"
NAME = "contract-too-large"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One finding for an environment, at its largest part."""
    contract = parts(platform)
    for environment in {part.entry.environment: None for part in contract.parts}:
        own = sorted(contract.of(environment), key=_size, reverse=True)
        total = sum(map(_size, own))
        if total > MAX_BYTES:
            largest = max(own[0].files, key=lambda name: len(own[0].files[name].encode()), default="")
            yield Match(
                f"the contract has {total:,} bytes in {len(own)} ConfigMap{'s' if len(own) > 1 else ''}, and may have "
                f"{MAX_BYTES:,}; the largest file is {largest}",
                "Take long lists of allowed values out of the contract, or divide the sets.",
                own[0].entry,
                own[0].resource,
                ("data", largest),
                location=_place(platform, own),
                key="size",
            )


def _place(platform: Platform, own: Sequence[Part]) -> Location | None:
    """Where the largest feature of the largest set is written: every file of the contract repeats it."""
    contract = next((one for part in own if (one := read(part))), None)
    sets = sorted(contract.sets.values(), key=lambda one: len(str(one.spec)), reverse=True) if contract else []
    for largest in sets:
        features = largest.features
        feature = max(features, key=lambda name: len(str(features[name])), default="")
        for part in own:
            if (found := place(platform.tree, part.entry, Change(Level.NONE, largest.name, feature, ""))).file:
                return found
    return None


def _size(part: Part) -> int:
    return sum(len(name.encode()) + len(content.encode()) for name, content in part.files.items())
