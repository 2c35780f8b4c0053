"""Where objects have Pods in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.templates import pod_templates

Object = Mapping[str, Any]
Path = tuple[str | int, ...]

_PATHS: Mapping[str, Path] = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Deployment": ("spec", "template"),
    "Job": ("spec", "template"),
    "PodTemplate": ("template",),
    "ReplicaSet": ("spec", "template"),
    "ReplicationController": ("spec", "template"),
    "Rollout": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
}
GROUPS = frozenset({"", "apps", "batch", "argoproj.io"})


@dataclass(frozen=True, slots=True)
class PodSpec:
    """A PodSpec, where it stands in its object, and the labels and annotations its Pods get."""

    spec: Object
    path: Path
    labels: Mapping[str, Any]
    annotations: Mapping[str, Any]


def pod_specs(data: Object, kind: str) -> Iterator[PodSpec]:
    """The PodSpec of a built-in workload, and those of the Pod templates in a ConfigMap; nothing for other kinds."""
    for one in pod_templates(data, kind):
        if isinstance(one.pod.get("spec"), Mapping):
            yield _pod_spec(one.pod, ("data", one.key, "spec"))
    if kind == "Pod":
        if isinstance(data.get("spec"), Mapping):
            yield _pod_spec(data, ("spec",))
        return
    path = _PATHS.get(kind)
    if path is None:
        return
    template: Any = data
    for key in path:
        template = template.get(key) if isinstance(template, Mapping) else None
    if isinstance(template, Mapping) and isinstance(template.get("spec"), Mapping):
        yield _pod_spec(template, (*path, "spec"))


def _pod_spec(pod: Object, path: Path) -> PodSpec:
    return PodSpec(pod["spec"], path, _metadata(pod, "labels"), _metadata(pod, "annotations"))


def _metadata(data: Object, key: str) -> Mapping[str, Any]:
    metadata = data.get("metadata")
    found = metadata.get(key) if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}
