"""Objects that hold data, and what is left of it without them."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import obj, text
from presync.render.model import Resource

KEPT = "its volume is kept (Retain) and has to be bound again by hand"
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


def retained(platform: Platform, entry: Entry, resource: Resource) -> bool:
    """Whether the data outlives the object: the volume is kept, and only has to be bound again by hand.

    A volume that somebody writes has the policy Retain unless it says otherwise; one that a class makes, Delete.
    """
    spec = obj(resource.data, "spec")
    if resource.kind == "PersistentVolume":
        return text(spec, "persistentVolumeReclaimPolicy") in ("", "Retain")
    named, cluster = index(platform).named, entry.application.destination.cluster
    made = named(cluster, "", "PersistentVolume", text(spec, "volumeName")) if spec.get("volumeName") else ()
    if made:
        return retained(platform, *made[0])
    classes = named(cluster, "", "StorageClass", text(spec, "storageClassName"))
    return any(text(one.data, "reclaimPolicy") == "Retain" for _, one in classes)
