"""Lists that server-side apply takes for maps: two items with one key are refused before anything else is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.platform.validation.access import Object, items
from presync.platform.violation import Category, Path, Violation
from presync.platform.workloads import pod_specs

_POD_LISTS: Mapping[str, tuple[str, ...]] = {
    "imagePullSecrets": ("name",),
    "hostAliases": ("ip",),
    "volumes": ("name",),
}
_CONTAINER_LISTS: Mapping[str, tuple[str, ...]] = {
    "env": ("name",),
    "ports": ("containerPort", "protocol"),
    "volumeMounts": ("mountPath",),
}
_DEFAULTS = {"protocol": "TCP"}
_CONTAINERS = ("containers", "initContainers")
# Checked elsewhere whatever the way of applying: their doubles would be told twice.
_TOLD = frozenset({"volumes", "volumeMounts"})


def doubles(data: Object, kind: str) -> Iterator[Violation]:
    """Doubles in the lists of a Pod."""
    for pod in pod_specs(data, kind):
        for field, keys in _POD_LISTS.items():
            if field in pod.spec and field not in _TOLD:
                yield from _doubles(pod.spec, field, keys, pod.path)
        for group in _CONTAINERS:
            for index, container in items(pod.spec, group):
                for field, keys in _CONTAINER_LISTS.items():
                    if field in container and field not in _TOLD:
                        yield from _doubles(container, field, keys, (*pod.path, group, index))


def _doubles(parent: Object, field: str, keys: tuple[str, ...], path: Path) -> Iterator[Violation]:
    listed = parent.get(field)
    if not isinstance(listed, list) or len(listed) < 2:
        return
    seen: set[tuple[Any, ...]] = set()
    for index, item in items(parent, field):
        values = tuple(str(item.get(key) or _DEFAULTS.get(key, "")) for key in keys)
        if values in seen:
            shown = ", ".join(f'{key}="{value}"' for key, value in zip(keys, values, strict=True))
            message = f"Duplicate value: duplicate entries for key [{shown}]; server-side apply refuses them"
            yield Violation(Category.DUPLICATE, (*path, field, index), message)
        seen.add(values)
