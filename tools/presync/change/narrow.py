"""A part of a change."""

from __future__ import annotations

from dataclasses import replace

from presync.base.errors import PresyncError
from presync.change.model import Change
from presync.platform.model import Entry, Platform


def narrowed(change: Change, environment: str | None, application: str | None) -> Change:
    """Only what belongs to an environment, or to an Application.

    Raises:
        PresyncError: neither state has such a thing.
    """

    def wanted(entry: Entry) -> bool:
        return (not environment or entry.environment == environment) and (not application or entry.name == application)

    def part(platform: Platform) -> Platform:
        return replace(platform, entries=tuple(entry for entry in platform.entries if wanted(entry)), _cache={})

    base, head = part(change.base), part(change.head)
    if not base.entries and not head.entries:
        what = f"an Application {application!r}" if application else f"an environment {environment!r}"
        raise PresyncError(f"neither state has {what}", "`presync apps` lists what there is.")
    return replace(
        change,
        base=base,
        head=head,
        applications=tuple(one for one in change.applications if wanted(one.entry)),
        resources=tuple(one for one in change.resources if wanted(one.entry)),
        unknown=tuple(pair for pair in change.unknown if any(entry is not None and wanted(entry) for entry in pair)),
    )
