"""APIs that Kubernetes once served."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from presync.platform.schemas.kubernetes import GroupVersionKind, Kubernetes, available, kubernetes

# Removed before the oldest version there are schemas of (https://kubernetes.io/docs/reference/using-api/deprecation-guide).
_EARLY: tuple[tuple[str, str, str, str], ...] = (
    ("1.16", "extensions", "v1beta1", "DaemonSet Deployment NetworkPolicy PodSecurityPolicy ReplicaSet"),
    ("1.16", "apps", "v1beta1", "ControllerRevision Deployment StatefulSet"),
    ("1.16", "apps", "v1beta2", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    ("1.22", "extensions", "v1beta1", "Ingress"),
    ("1.22", "networking.k8s.io", "v1beta1", "Ingress IngressClass"),
    ("1.22", "rbac.authorization.k8s.io", "v1beta1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("1.22", "rbac.authorization.k8s.io", "v1alpha1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    (
        "1.22",
        "admissionregistration.k8s.io",
        "v1beta1",
        "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
    ),
    ("1.22", "apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition"),
    ("1.22", "apiregistration.k8s.io", "v1beta1", "APIService"),
    ("1.22", "authentication.k8s.io", "v1beta1", "TokenReview"),
    (
        "1.22",
        "authorization.k8s.io",
        "v1beta1",
        "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
    ),
    ("1.22", "certificates.k8s.io", "v1beta1", "CertificateSigningRequest"),
    ("1.22", "coordination.k8s.io", "v1beta1", "Lease"),
    ("1.22", "scheduling.k8s.io", "v1beta1", "PriorityClass"),
    ("1.22", "storage.k8s.io", "v1beta1", "CSIDriver CSINode StorageClass VolumeAttachment"),
    ("1.25", "autoscaling", "v2beta1", "HorizontalPodAutoscaler"),
    ("1.25", "batch", "v1beta1", "CronJob"),
    ("1.25", "discovery.k8s.io", "v1beta1", "EndpointSlice"),
    ("1.25", "events.k8s.io", "v1beta1", "Event"),
    ("1.25", "node.k8s.io", "v1beta1", "RuntimeClass"),
    ("1.25", "policy", "v1beta1", "PodDisruptionBudget PodSecurityPolicy"),
)
_REMOVED_IN: dict[GroupVersionKind, str] = {
    (group, version, kind): removed for removed, group, version, kinds in _EARLY for kind in kinds.split()
}
# Groups that are Kubernetes' own although no version there are schemas of has them.
EARLY_GROUPS = frozenset(group for group, _, _ in _REMOVED_IN)
_SUCCESSORS = {"PodSecurityPolicy": "Pod Security Admission (labels of the namespace) or a policy engine"}


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a version of Kubernetes has not a kind, and what to write instead."""

    reason: str
    remedy: str


def absence(version: Kubernetes, kind: GroupVersionKind) -> Absence:
    """For a kind of a built-in group that is not served."""
    group, _, name = kind
    api = f"{group}/{kind[1]}" if group else kind[1]
    removed, introduced = _history(version, kind)
    successor = _SUCCESSORS.get(name) or _replacement(version, group, name)
    instead = f"Use {successor}." if successor else ""
    if removed:
        return Absence(f"{api} {name} was removed in Kubernetes {removed}", instead)
    if introduced:
        return Absence(f"{api} {name} is there from Kubernetes {introduced} on only", instead)
    message = f'no matches for kind "{name}" in version "{api}"'
    if not instead:
        close = difflib.get_close_matches(name, sorted({one[2] for one in version.kinds if one[0] == group}), 1, 0.7)
        instead = f"Did you mean {close[0]}?" if close else "Check apiVersion and kind."
    return Absence(message, instead)


def _history(version: Kubernetes, kind: GroupVersionKind) -> tuple[str, str]:
    """The version that removed the kind, or the one that brings it; empty where there is none."""
    if kind in _REMOVED_IN:
        return _REMOVED_IN[kind], ""
    versions = available()
    here = versions.index(version.version)
    for at in range(here - 1, -1, -1):
        other = kubernetes(versions[at])
        if other is not None and kind in other.kinds:
            return versions[at + 1], ""
    for later in versions[here + 1 :]:
        other = kubernetes(later)
        if other is not None and kind in other.kinds:
            return "", later
    return "", ""


def _replacement(version: Kubernetes, group: str, kind: str) -> str:
    """The apiVersion under which this version has a kind of that name: of the same group, then the most stable."""
    found = [one for one in version.kinds if one[2] == kind]
    found.sort(key=lambda one: one[1], reverse=True)
    found.sort(key=lambda one: (one[0] != group, "alpha" in one[1], "beta" in one[1]))
    return next((f"{one[0]}/{one[1]}" if one[0] else one[1] for one in found), "")
