"""Which Pods are made anew by a change, and which read what changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.change.model import Difference, ResourceChange
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.workloads import GROUPS, PodSpec, pod_specs
from presync.render.model import Resource
from presync.rules.pods import mappings

LASTING = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Rollout"})


def restarts(one: ResourceChange) -> bool:
    """Whether the template of its Pods differs, checksums included: they are there for that."""
    return (
        one.old is not None and one.new is not None and any(is_template(difference) for difference in one.differences)
    )


def is_template(difference: Difference) -> bool:
    """Whether the field is part of a Pod template."""
    return difference.path[:2] == ("spec", "template")


def readers(platform: Platform, config: Resource, owner: Entry) -> Iterator[tuple[Entry, Resource, str]]:
    """Who reads a ConfigMap or Secret in a way that a running Pod does not notice, and how."""
    cluster = owner.application.destination.cluster
    for entry, resource, pod in _pods(platform):
        if resource.namespace != config.namespace or entry.application.destination.cluster != cluster:
            continue
        how = _reads(pod.spec, config.kind, config.name)
        if how:
            yield entry, resource, how


def _pods(platform: Platform) -> list[tuple[Entry, Resource, PodSpec]]:
    def make(_: Platform) -> list[tuple[Entry, Resource, PodSpec]]:
        return [
            (entry, resource, pod)
            for entry, resource in platform.resources()
            if resource.group in GROUPS and resource.kind in LASTING
            for pod in pod_specs(resource.data, resource.kind)
        ]

    return memo(platform, "lasting-pods", make)


def _reads(spec: Mapping[str, Any], kind: str, name: str) -> str:
    reference, key, volume = (
        ("configMapRef", "configMapKeyRef", ("configMap", "name"))
        if kind == "ConfigMap"
        else ("secretRef", "secretKeyRef", ("secret", "secretName"))
    )
    mounted = {
        str(one.get("name"))
        for _, one in mappings(spec.get("volumes"))
        if isinstance(one.get(volume[0]), Mapping) and one[volume[0]].get(volume[1]) == name
    }
    for listed in ("initContainers", "containers"):
        for _, container in mappings(spec.get(listed)):
            if any(_named(one.get(reference), name) for _, one in mappings(container.get("envFrom"))):
                return "into its environment"
            sources = (one.get("valueFrom") for _, one in mappings(container.get("env")))
            if any(isinstance(source, Mapping) and _named(source.get(key), name) for source in sources):
                return "into its environment"
            mounts = (one for _, one in mappings(container.get("volumeMounts")))
            if any(one.get("subPath") and str(one.get("name")) in mounted for one in mounts):
                return "by subPath"
    return ""


def _named(value: Any, name: str) -> bool:
    return isinstance(value, Mapping) and value.get("name") == name
