"""Pods and their containers, as the rules about them go through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.model import Entry, Platform
from presync.platform.workloads import GROUPS, PodSpec, pod_specs
from presync.render.model import Resource

Path = tuple[str | int, ...]
_LISTS = ("initContainers", "containers")


@dataclass(frozen=True, slots=True)
class Pod:
    """A Pod that somebody makes: by itself, or from a template."""

    entry: Entry
    resource: Resource
    spec: PodSpec

    def containers(self, init: bool = True) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """Every container with its path in the object."""
        for name in _LISTS if init else _LISTS[1:]:
            listed = self.spec.spec.get(name)
            for index, container in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(container, Mapping):
                    yield (*self.spec.path, name, index), container


def pods(platform: Platform) -> Iterator[Pod]:
    """Every Pod and Pod template."""
    for entry, resource in platform.resources():
        if resource.group in GROUPS:
            for spec in pod_specs(resource.data, resource.kind):
                yield Pod(entry, resource, spec)


def running(pod: Pod) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The containers that run as long as the Pod does: native sidecars are among them, what only prepares is not."""
    for path, container in pod.containers():
        if path[-2] == "containers" or container.get("restartPolicy") == "Always":
            yield path, container


def mappings(value: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The mappings of a list with their index; nothing where it is no list."""
    return [(at, one) for at, one in enumerate(value) if isinstance(one, Mapping)] if isinstance(value, list) else []
