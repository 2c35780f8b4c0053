"""Objects that hold data, and what Argo CD was told about deleting them."""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import listed
from presync.platform.model import Entry, Platform
from presync.render.model import Resource

KEEPING = ("false", "confirm")
_KINDS = frozenset({"PersistentVolumeClaim", "PersistentVolume"})


def volumes(platform: Platform) -> Iterator[tuple[Entry, Resource]]:
    """Every claim and volume that is rendered; Helm's `keep` is left out, which Argo CD honours on both ways."""
    for entry, resource in platform.resources():
        if (
            resource.kind in _KINDS
            and not resource.group
            and resource.annotations.get("helm.sh/resource-policy") != "keep"
        ):
            yield entry, resource


def option(entry: Entry, resource: Resource, name: str) -> str:
    """What a sync option of the object says, or of its Application where the object says nothing."""
    for options in (
        listed(resource.annotations.get("argocd.argoproj.io/sync-options")),
        entry.application.sync_options,
    ):
        said = [str(one).partition("=")[2] for one in options if str(one).partition("=")[0] == name]
        if said:
            return said[-1]
    return ""
