"""Two environments have different contracts.

Feature sets are the same everywhere, else a model that was tried in one environment meets other features in the next.
What an environment has of its own (buckets, hosts) is not part of the contract's hash. While a change is on its way
from one environment to the next they differ for good reason: waive this finding with a date.

Bad:

    # feature-store-dev
    annotations: {features.example.com/contract-hash: "sha256:2222"}
    # feature-store-prod
    annotations: {features.example.com/contract-hash: "sha256:1111"}

Good:

    # both
    annotations: {features.example.com/contract-hash: "sha256:2222"}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Location, Severity
from presync.contract.compatibility import Change, compare
from presync.contract.model import read
from presync.contract.parts import Part, parts
from presync.contract.source import place
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON003"
NAME = "contract-differs"
SEVERITY = Severity.ERROR
_SHOWN = 3


def check(platform: Platform) -> Iterator[Match]:
    """Every part that has not the hash of the first one."""
    name = platform.settings.contract.hash
    order = {environment: at for at, environment in enumerate(platform.environments)}
    found = sorted(parts(platform).parts, key=lambda part: order.get(part.entry.environment, -1))
    for part in found[1:]:
        first = found[0]
        if part.hashes[name] != first.hashes[name]:
            changes = _changes(first, part)
            yield Match(
                f"ConfigMap {part.resource.name} of {part.entry.name} is of another contract than "
                f"{first.resource.name} of {first.entry.name}{_shown(changes)}",
                "Let both environments render the same feature sets, from the same revision.",
                part.entry,
                part.resource,
                ("metadata", "annotations", name),
                location=_place(platform, first, part, changes),
                cause=f"{first.entry.name} {part.entry.name}",
                key=f"{first.entry.name} {part.entry.name}",
                quote=name,
            )


def _changes(first: Part, part: Part) -> list[Change]:
    one, other = read(first), read(part)
    return compare(one, other) if one and other else []


def _place(platform: Platform, first: Part, part: Part, changes: list[Change]) -> Location | None:
    """The line of the set that differs, where it is written, in either environment; else that of the hash."""
    for change in changes:
        for one in (part, first):
            if (found := place(platform.tree, one.entry, change)).file:
                return found
    return None


def _shown(changes: list[Change]) -> str:
    if not changes:
        return ""
    more = f", and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
    return f" ({'; '.join(str(change) for change in changes[:_SHOWN])}{more})"
