"""Fields that the API server does not let anybody change.

Sources: the validation of each kind's update in https://github.com/kubernetes/kubernetes/tree/master/pkg/apis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from presync.change.model import Difference
from presync.render.model import Resource
from presync.rules.quantity import number

# apps/v1 StatefulSet: everything else in its spec stays (ValidateStatefulSetUpdate).
_STATEFUL_SET = frozenset(
    {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
)
_JOB = frozenset({"parallelism", "activeDeadlineSeconds", "ttlSecondsAfterFinished", "suspend", "backoffLimit"})
_CLAIM = frozenset({"resources", "volumeAttributesClassName"})
_VOLUME_SOURCES = frozenset({"nfs", "hostPath", "local", "csi", "iscsi", "fc", "nodeAffinity"})


def immutable(resource: Resource, difference: Difference, old: Resource) -> str:
    """Why this change is refused; empty where it is not."""
    path = tuple(map(str, difference.path))
    if difference.noise or len(path) < 1:
        return ""
    kind = resource.kind
    if (
        kind in ("ConfigMap", "Secret")
        and old.data.get("immutable") is True
        and path[0] in ("data", "binaryData", "immutable")
    ):
        return "the old one says immutable: true"
    if kind == "Secret" and path == ("type",):
        return "the type of a Secret cannot change"
    if kind in ("RoleBinding", "ClusterRoleBinding") and path[0] == "roleRef":
        return "the role of a binding cannot change"
    if kind == "StorageClass" and path[0] in ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"):
        return f"{path[0]} of a StorageClass cannot change"
    if kind == "PriorityClass" and path[0] in ("value", "preemptionPolicy"):
        return f"{path[0]} of a PriorityClass cannot change"
    if path[0] != "spec":
        return ""
    return _in_spec(resource, path, difference)


def _in_spec(resource: Resource, path: tuple[str, ...], difference: Difference) -> str:
    kind, group, field = resource.kind, resource.group, path[1] if len(path) > 1 else ""
    why = ""
    if (group, kind) == ("apps", "StatefulSet") and field not in _STATEFUL_SET:
        why = f"spec.{field} of a StatefulSet cannot change"
    elif kind in ("Deployment", "DaemonSet", "ReplicaSet") and group == "apps" and field == "selector":
        why = f"the selector of a {kind} cannot change"
    elif kind == "Job" and group == "batch" and field in ("selector", "completionMode", "template", "podFailurePolicy"):
        why = f"spec.{field} of a Job cannot change"
    elif kind == "Job" and group == "batch" and field == "completions" and not _indexed(resource.data):
        why = "the completions of a Job cannot change"
    elif (
        kind == "Service"
        and not group
        and path in (("spec", "clusterIP"), ("spec", "ipFamilies"))
        and not difference.added
    ):
        why = f"{field} of a Service cannot change"
    elif kind == "PersistentVolumeClaim" and not group:
        why = _claim(field, path, difference)
    elif kind == "PersistentVolume" and not group and field in _VOLUME_SOURCES:
        why = "the source of a volume cannot change"
    return why


def _claim(field: str, path: tuple[str, ...], difference: Difference) -> str:
    if field not in _CLAIM:
        return f"spec.{field} of a claim cannot change"
    if path == ("spec", "resources", "requests", "storage"):
        old, new = number(difference.old), number(difference.new)
        if old is not None and new is not None and new < old:
            return f"a claim cannot shrink from {difference.old} to {difference.new}"
    return ""


def _indexed(job: Mapping[str, Any]) -> bool:
    spec = job.get("spec")
    return isinstance(spec, Mapping) and spec.get("completionMode") == "Indexed"
