"""From a resource to the checks of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from presync.platform.validation import (
    access_control,
    config,
    extensions,
    metadata,
    network,
    quotas,
    scaling,
    storage,
    workloads,
)
from presync.platform.violation import Violation

_Check = Callable[[Mapping[str, Any], int], Iterator[Violation]]
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CHECKS: Mapping[tuple[str, str], _Check] = {
    ("", "ConfigMap"): config.config_map,
    ("", "LimitRange"): quotas.limit_range,
    ("", "PersistentVolume"): storage.volume,
    ("", "PersistentVolumeClaim"): storage.claim,
    ("", "Pod"): workloads.pod,
    ("", "PodTemplate"): workloads.pod_template,
    ("", "ResourceQuota"): quotas.resource_quota,
    ("", "Secret"): config.secret,
    ("", "Service"): network.service,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): scaling.autoscaler,
    ("batch", "CronJob"): workloads.cron_job,
    ("batch", "Job"): workloads.job,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("networking.k8s.io", "NetworkPolicy"): network.network_policy,
    ("networking.k8s.io", "IngressClass"): network.ingress_class,
    ("policy", "PodDisruptionBudget"): scaling.disruption_budget,
    ("scheduling.k8s.io", "PriorityClass"): extensions.priority_class,
    ("storage.k8s.io", "StorageClass"): storage.storage_class,
    (_ADMISSION, "MutatingWebhookConfiguration"): extensions.webhooks,
    (_ADMISSION, "ValidatingWebhookConfiguration"): extensions.webhooks,
    (_RBAC, "ClusterRole"): access_control.cluster_role,
    (_RBAC, "ClusterRoleBinding"): access_control.cluster_role_binding,
    (_RBAC, "Role"): access_control.role,
    (_RBAC, "RoleBinding"): access_control.role_binding,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): extensions.custom_resource_definition,
    ("apiregistration.k8s.io", "APIService"): extensions.api_service,
}


def violations(
    data: Mapping[str, Any], group: str, kind: str, minor: int, server_side: bool = False
) -> Iterator[Violation]:
    """What a server of version 1.``minor`` refuses in an object of any kind; ``server_side``: by server-side apply."""
    yield from metadata.object_meta(data, group, kind, minor, server_side)
    check = _CHECKS.get((group, kind))
    if check is not None:
        yield from check(data, minor)
