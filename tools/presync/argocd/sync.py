"""Which rendered objects a sync touches at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# https://github.com/argoproj/argo-cd/blob/v3.5.7/gitops-engine/pkg/sync/common/types.go and sync/hook/helm/type.go
_HOOKS = frozenset({"PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete", "Skip"})
_HELM_HOOKS = frozenset({"pre-install", "pre-upgrade", "post-install", "post-upgrade"})

_REVIEWS = (
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
    "TokenReview",
)
_REPORTS = (
    "AdmissionReport",
    "BackgroundScanReport",
    "ClusterAdmissionReport",
    "ClusterBackgroundScanReport",
    "ClusterEphemeralReport",
    "ClusterPolicyReport",
    "EphemeralReport",
    "PolicyReport",
    "UpdateRequest",
)
# (group, kind) that resource.exclusions of the stock argocd-cm names: neither watched nor applied.
EXCLUDED = frozenset(
    [(group, kind) for group in ("", "discovery.k8s.io") for kind in ("EndpointSlice", "Endpoints")]
    + [("coordination.k8s.io", "Lease")]
    + [(group, kind) for group in ("authentication.k8s.io", "authorization.k8s.io") for kind in _REVIEWS]
    + [("certificates.k8s.io", "CertificateSigningRequest"), ("cert-manager.io", "CertificateRequest")]
    + [("cilium.io", kind) for kind in ("CiliumEndpoint", "CiliumEndpointSlice", "CiliumIdentity")]
    + [(group, kind) for group in ("kyverno.io", "reports.kyverno.io", "wgpolicyk8s.io") for kind in _REPORTS]
)


def is_applied(annotations: Mapping[str, Any]) -> bool:
    """Whether a sync ever applies the object: not with ``hook: Skip``, not as a Helm test or rollback hook."""
    own = annotations.get("argocd.argoproj.io/hook")
    helm = annotations.get("helm.sh/hook")
    types = [hook for hook in listed(own) if hook in _HOOKS]
    if types:
        return types != ["Skip"]
    if own is not None or (helm is not None and helm != "crd-install"):
        return any(hook in _HELM_HOOKS for hook in listed(helm))
    return True


def is_hook(annotations: Mapping[str, Any]) -> bool:
    """Whether the object is a hook: made anew by each sync rather than kept."""
    own = annotations.get("argocd.argoproj.io/hook")
    if own is not None:
        return [hook for hook in listed(own) if hook in _HOOKS] != ["Skip"]
    return str(annotations.get("helm.sh/hook", "crd-install")) != "crd-install"


def listed(annotation: Any) -> list[str]:
    """The items of a comma-separated annotation."""
    return [part.strip() for part in str(annotation or "").split(",") if part.strip()]
