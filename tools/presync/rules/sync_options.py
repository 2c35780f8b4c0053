"""What somebody told Argo CD about one object, in its annotation or for the whole Application."""

from __future__ import annotations

from presync.argocd.sync import listed
from presync.platform.model import Entry
from presync.render.model import Resource

SYNC_OPTIONS = "argocd.argoproj.io/sync-options"
KEEPING = ("false", "confirm")  # values of Prune and Delete with which nothing goes by itself


def option(entry: Entry, resource: Resource, name: str) -> str:
    """What a sync option of the object says, or of its Application where the object says nothing."""
    for options in (listed(resource.annotations.get(SYNC_OPTIONS)), entry.application.sync_options):
        said = [str(one).partition("=")[2] for one in options if str(one).partition("=")[0] == name]
        if said:
            return said[-1]
    return ""
