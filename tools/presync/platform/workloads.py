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
    """A PodSpec, where it stands in its object, and the labels its Pods get."""

    spec: Object
    path: Path
    labels: Mapping[str, Any]


def pod_specs(data: Object, kind: str) -> Iterator[PodSpec]:
    """The PodSpec of a built-in workload, and those of the Pod templates in a ConfigMap; nothing for other kinds."""
    for one in pod_templates(data, kind):
        if isinstance(one.pod.get("spec"), Mapping):
            yield PodSpec(one.pod["spec"], ("data", one.key, "spec"), _labels(one.pod))
    if kind == "Pod":
        spec = data.get("spec")
        if isinstance(spec, Mapping):
            yield PodSpec(spec, ("spec",), _labels(data))
        return
    path = _PATHS.get(kind)
    if path is None:
        return
    template: Any = data
    for key in path:
        template = template.get(key) if isinstance(template, Mapping) else None
    if isinstance(template, Mapping) and isinstance(template.get("spec"), Mapping):
        yield PodSpec(template["spec"], (*path, "spec"), _labels(template))


def _labels(data: Object) -> Mapping[str, Any]:
    metadata = data.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return labels if isinstance(labels, Mapping) else {}
