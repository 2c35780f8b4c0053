"""Which kinds have no namespace."""

from __future__ import annotations

# Built-in kinds as the API server's discovery lists them (Kubernetes 1.25 to 1.37), and of well-known operators.
_CLUSTER_SCOPED: dict[str, frozenset[str]] = {
    "": frozenset({"ComponentStatus", "Namespace", "Node", "PersistentVolume"}),
    "admissionregistration.k8s.io": frozenset(
        {
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        }
    ),
    "apiextensions.k8s.io": frozenset({"CustomResourceDefinition"}),
    "apiregistration.k8s.io": frozenset({"APIService"}),
    "authentication.k8s.io": frozenset({"SelfSubjectReview", "TokenReview"}),
    "authorization.k8s.io": frozenset({"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"}),
    "cert-manager.io": frozenset({"ClusterIssuer"}),
    "certificates.k8s.io": frozenset({"CertificateSigningRequest", "ClusterTrustBundle"}),
    "expansion.gatekeeper.sh": frozenset({"ExpansionTemplate"}),
    "external-secrets.io": frozenset({"ClusterExternalSecret", "ClusterPushSecret", "ClusterSecretStore"}),
    "externaldata.gatekeeper.sh": frozenset({"Provider"}),
    "flowcontrol.apiserver.k8s.io": frozenset({"FlowSchema", "PriorityLevelConfiguration"}),
    "gateway.networking.k8s.io": frozenset({"GatewayClass"}),
    "internal.apiserver.k8s.io": frozenset({"StorageVersion"}),
    "kyverno.io": frozenset({"ClusterCleanupPolicy", "ClusterPolicy", "GlobalContextEntry"}),
    "mutations.gatekeeper.sh": frozenset({"Assign", "AssignImage", "AssignMetadata", "ModifySet"}),
    "networking.k8s.io": frozenset({"IPAddress", "IngressClass", "ServiceCIDR"}),
    "node.k8s.io": frozenset({"RuntimeClass"}),
    "policy": frozenset({"PodSecurityPolicy"}),
    "rbac.authorization.k8s.io": frozenset({"ClusterRole", "ClusterRoleBinding"}),
    "resource.k8s.io": frozenset({"DeviceClass", "DeviceTaintRule", "ResourceSlice"}),
    "scheduling.k8s.io": frozenset({"PriorityClass"}),
    "storage.k8s.io": frozenset({"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"}),
    "storagemigration.k8s.io": frozenset({"StorageVersionMigration"}),
    "syncset.gatekeeper.sh": frozenset({"SyncSet"}),
    "templates.gatekeeper.sh": frozenset({"ConstraintTemplate"}),
}
_NAMESPACED_BUILT_IN = frozenset(
    {
        "ConfigMap",
        "ControllerRevision",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "EndpointSlice",
        "Endpoints",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "Lease",
        "LimitRange",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "Pod",
        "PodDisruptionBudget",
        "PodTemplate",
        "ReplicaSet",
        "ReplicationController",
        "ResourceClaim",
        "ResourceClaimTemplate",
        "ResourceQuota",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    }
)
_CONSTRAINTS = "constraints.gatekeeper.sh"  # every constraint is cluster-scoped, whatever its kind


def cluster_scoped(group: str, kind: str) -> bool | None:
    """True: no namespace; False: has one; None: a custom kind presync has not heard of."""
    if group == _CONSTRAINTS or kind in _CLUSTER_SCOPED.get(group, ()):
        return True
    built_in = "." not in group or group.endswith(".k8s.io")
    return False if built_in and kind in _NAMESPACED_BUILT_IN else None
