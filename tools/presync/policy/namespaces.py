"""The namespaces of a platform with their labels: those it renders, and those Argo CD makes for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.policy.model import Object, mapping
from presync.render.model import Resource

_OWN_NAME = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Namespace as it is in the cluster; ``resource`` is None where Argo CD makes it."""

    data: Object = field(repr=False)
    entry: Entry
    resource: Resource | None = None


def namespaces(platform: Platform) -> Mapping[tuple[str, str], Namespace]:
    """By cluster and name."""
    return memo(platform, "policy-namespaces", _namespaces)


def _namespaces(platform: Platform) -> dict[tuple[str, str], Namespace]:
    found: dict[tuple[str, str], Namespace] = {}
    for entry, resource in index(platform).of_kind("", "Namespace"):
        place = (entry.application.destination.cluster, resource.name)
        found.setdefault(place, Namespace(_labelled(resource.data, resource.name, {}), entry, resource))
    for entry in platform.entries:
        application = entry.application
        name = application.destination.namespace
        if "CreateNamespace=true" not in application.sync_options or not name:
            continue
        place = (application.destination.cluster, name)
        known = found.get(place)
        managed = mapping(application.sync_policy.get("managedNamespaceMetadata"))
        base: Object = known.data if known else {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        data = _labelled(base, name, managed)
        found[place] = Namespace(data, known.entry if known else entry, known.resource if known else None)
    return found


def _labelled(data: Object, name: str, managed: Mapping[str, Any]) -> Object:
    """With the labels and annotations that Argo CD puts on it, and the label that the API server does."""
    metadata = dict(mapping(data.get("metadata")))
    metadata["labels"] = {**mapping(metadata.get("labels")), **mapping(managed.get("labels")), _OWN_NAME: name}
    if managed.get("annotations"):
        metadata["annotations"] = {**mapping(metadata.get("annotations")), **mapping(managed["annotations"])}
    return {**data, "metadata": metadata}
