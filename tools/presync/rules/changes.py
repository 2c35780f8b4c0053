"""What the rules about changes have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Location
from presync.change import causes
from presync.change.fields import dotted
from presync.change.model import Change, Difference, ResourceChange
from presync.platform.model import Entry
from presync.platform.workloads import GROUPS, PodSpec, pod_specs
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.sync_options import KEEPING, option

# What people lose when it goes.
STATEFUL = frozenset(
    {"PersistentVolumeClaim", "PersistentVolume", "StatefulSet", "Namespace", "CustomResourceDefinition"}
)


def place(change: Change, entry: Entry) -> Location:
    """Where somebody looks for what is gone: the file that declares, or declared, its Application."""
    location = entry.application.origin.place
    return location if change.head.tree.is_file(location.file) else Location(location.file)


def gone(change: Change, one: ResourceChange, message: str, remedy: str, **more: Any) -> Match:
    """A match about an object that is not there any more."""
    assert one.old is not None and one.old_entry is not None  # noqa: S101 - it was there
    return Match(
        message,
        remedy,
        change_entry(change, one.old_entry),
        resource_name=str(one.old),
        location=causes.of_object(change, one) or place(change, one.old_entry),
        application=one.old_entry.name,
        key=str(one.old),
        **more,
    )


def about(one: ResourceChange, difference: Difference, message: str, remedy: str, **more: Any) -> Match:
    """A match about a field that differs."""
    field = dotted(difference.path)
    return Match(message, remedy, one.new_entry, one.new, difference.head, key=field, **more)


def change_entry(change: Change, entry: Entry) -> Entry:
    """The Application as it is now, where it still is."""
    return next((now for now in change.head.entries if now.name == entry.name), entry)


def pruned(entry: Entry, resource: Resource) -> bool:
    """Whether the Application's next sync deletes an object that git does not have any more."""
    automated = entry.application.sync_policy.get("automated")
    if not isinstance(automated, Mapping) or automated.get("prune") is not True or automated.get("enabled") is False:
        return False
    return option(entry, resource, "Prune") not in KEEPING


def pods_of(resource: Resource) -> list[PodSpec]:
    """The Pods an object makes."""
    return list(pod_specs(resource.data, resource.kind)) if resource.group in GROUPS else []


def below(differences: tuple[Difference, ...], *prefix: str) -> Iterator[Difference]:
    """The differences at or below a path, noise left out."""
    for one in differences:
        steps = one.path[: len(prefix)]
        if not one.noise and tuple(map(str, steps)) == prefix[: len(steps)]:
            yield one
