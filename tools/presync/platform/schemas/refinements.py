"""What the API server checks in built-in kinds and its published schemas do not say: enums, ranges, patterns.

Collected from the server's validation (k8s.io/kubernetes/pkg/apis/*/validation) and defaults
(pkg/apis/*/*/defaults.go): an empty text stands in an enum where the server fills in a default for it.
"""

from __future__ import annotations

from typing import Any

from presync.platform.schemas.structural import KEYS, NEEDED_KEYS

Refinement = dict[str, Any]

_CORE = "io.k8s.api.core.v1."
_APPS = "io.k8s.api.apps.v1."
_BATCH = "io.k8s.api.batch.v1."
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_SCALING = "io.k8s.api.autoscaling.v2."
_NET = "io.k8s.api.networking.v1."
_RBAC = "io.k8s.api.rbac.v1."
_ADMISSION = "io.k8s.api.admissionregistration.v1."
_STORAGE = "io.k8s.api.storage.v1."
_CRD = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."

QUANTITY = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"


def _one(*values: str) -> Refinement:
    return {"enum": [*values, None]}


def _defaulted(*values: str) -> Refinement:
    """One of these; empty means the default."""
    return {"enum": [*values, "", None]}


def _range(low: int, high: int | None = None) -> Refinement:
    return {"minimum": low} if high is None else {"minimum": low, "maximum": high}


def _each(refinement: Refinement) -> Refinement:
    return {"items": refinement}


_COUNT = _range(0)
_POSITIVE = _range(1)
_TEXT: Refinement = {"minLength": 1}
_SOME: Refinement = {"minItems": 1}
_PORT = _range(1, 65535)
_PORT_OR_NONE = _range(0, 65535)
_MODE = _range(0, 0o777)
_ID = _range(0, 2**31 - 1)
_WEIGHT = _range(1, 100)
_PROTOCOL = _defaulted("TCP", "UDP", "SCTP")
_POLICY = _one("Honor", "Ignore")
_OPERATOR = _one("In", "NotIn", "Exists", "DoesNotExist")
_PROFILE = {"type": _one("RuntimeDefault", "Unconfined", "Localhost")}
_CONTAINER = {
    "imagePullPolicy": _defaulted("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": _defaulted("File", "FallbackToLogsOnError"),
}
_ACCESS = _each({"enum": ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]})
_WEBHOOK = {
    "failurePolicy": _one("Fail", "Ignore"),
    "matchPolicy": _one("Exact", "Equivalent"),
    "sideEffects": _one("None", "NoneOnDryRun"),
    "timeoutSeconds": _range(1, 30),
}

REFINEMENTS: dict[str, dict[str, Refinement]] = {
    _CORE + "Container": _CONTAINER,
    _CORE + "EphemeralContainer": _CONTAINER,
    _CORE + "ContainerPort": {"containerPort": _PORT, "hostPort": _PORT_OR_NONE, "protocol": _PROTOCOL},
    _CORE + "ContainerResizePolicy": {"restartPolicy": _one("NotRequired", "RestartContainer")},
    _CORE + "PodSpec": {
        "activeDeadlineSeconds": _range(1, 2**31 - 1),
        "dnsPolicy": _defaulted("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "preemptionPolicy": _one("Never", "PreemptLowerPriority"),
        "restartPolicy": _defaulted("Always", "OnFailure", "Never"),
    },
    _CORE + "PodOS": {"name": _one("linux", "windows")},
    _CORE + "PodSecurityContext": {
        "fsGroup": _ID,
        "fsGroupChangePolicy": _one("OnRootMismatch", "Always"),
        "runAsGroup": _ID,
        "runAsUser": _ID,
        "supplementalGroups": _each(_ID),
        "supplementalGroupsPolicy": _one("Merge", "Strict"),
    },
    _CORE + "SecurityContext": {"procMount": _one("Default", "Unmasked"), "runAsGroup": _ID, "runAsUser": _ID},
    _CORE + "SeccompProfile": _PROFILE,
    _CORE + "AppArmorProfile": _PROFILE,
    _CORE + "Toleration": {
        "effect": _defaulted("NoSchedule", "PreferNoSchedule", "NoExecute"),
        "operator": _defaulted("Exists", "Equal", "Lt", "Gt"),
    },
    _CORE + "Taint": {"effect": _one("NoSchedule", "PreferNoSchedule", "NoExecute")},
    _CORE + "TopologySpreadConstraint": {
        "maxSkew": _POSITIVE,
        "minDomains": _POSITIVE,
        "nodeAffinityPolicy": _POLICY,
        "nodeTaintsPolicy": _POLICY,
        "whenUnsatisfiable": _one("DoNotSchedule", "ScheduleAnyway"),
    },
    _CORE + "NodeSelectorRequirement": {"operator": _one("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")},
    _CORE + "PreferredSchedulingTerm": {"weight": _WEIGHT},
    _CORE + "WeightedPodAffinityTerm": {"weight": _WEIGHT},
    _CORE + "Probe": {
        "failureThreshold": _COUNT,
        "initialDelaySeconds": _COUNT,
        "periodSeconds": _COUNT,
        "successThreshold": _COUNT,
        "terminationGracePeriodSeconds": _POSITIVE,
        "timeoutSeconds": _COUNT,
    },
    _CORE + "HTTPGetAction": {"scheme": _defaulted("HTTP", "HTTPS")},
    _CORE + "HostPathVolumeSource": {
        "type": _defaulted(
            "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"
        )
    },
    _CORE + "ConfigMapVolumeSource": {"defaultMode": _MODE},
    _CORE + "SecretVolumeSource": {"defaultMode": _MODE},
    _CORE + "ProjectedVolumeSource": {"defaultMode": _MODE},
    _CORE + "DownwardAPIVolumeSource": {"defaultMode": _MODE},
    _CORE + "DownwardAPIVolumeFile": {"mode": _MODE},
    _CORE + "KeyToPath": {"mode": _MODE},
    _CORE + "ServiceAccountTokenProjection": {"expirationSeconds": _range(600, 2**32)},
    _CORE + "VolumeMount": {
        "mountPropagation": _one("None", "HostToContainer", "Bidirectional"),
        "recursiveReadOnly": _one("Disabled", "IfPossible", "Enabled"),
    },
    _CORE + "ServiceSpec": {
        "externalTrafficPolicy": _defaulted("Cluster", "Local"),
        "internalTrafficPolicy": _one("Cluster", "Local"),
        "ipFamilies": _each(_one("IPv4", "IPv6")),
        "ipFamilyPolicy": _one("SingleStack", "PreferDualStack", "RequireDualStack"),
        "sessionAffinity": _defaulted("ClientIP", "None"),
        "type": _defaulted("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    },
    _CORE + "ServicePort": {"nodePort": _PORT_OR_NONE, "port": _PORT, "protocol": _PROTOCOL},
    _CORE + "ClientIPConfig": {"timeoutSeconds": _range(1, 86400)},
    _CORE + "PersistentVolumeClaimSpec": {"accessModes": _ACCESS, "volumeMode": _one("Filesystem", "Block")},
    _CORE + "PersistentVolumeSpec": {
        "accessModes": _ACCESS,
        "persistentVolumeReclaimPolicy": _defaulted("Retain", "Delete", "Recycle"),
        "volumeMode": _one("Filesystem", "Block"),
    },
    _CORE + "LimitRangeItem": {"type": {"pattern": "^(?:Pod|Container|PersistentVolumeClaim|.+/.+)$"}},
    _APPS + "DeploymentSpec": {
        "minReadySeconds": _COUNT,
        "progressDeadlineSeconds": _COUNT,
        "replicas": _COUNT,
        "revisionHistoryLimit": _COUNT,
    },
    _APPS + "DeploymentStrategy": {"type": _defaulted("Recreate", "RollingUpdate")},
    _APPS + "ReplicaSetSpec": {"minReadySeconds": _COUNT, "replicas": _COUNT},
    _APPS + "DaemonSetSpec": {"minReadySeconds": _COUNT, "revisionHistoryLimit": _COUNT},
    _APPS + "DaemonSetUpdateStrategy": {"type": _defaulted("RollingUpdate", "OnDelete")},
    _APPS + "StatefulSetSpec": {
        "minReadySeconds": _COUNT,
        "podManagementPolicy": _defaulted("OrderedReady", "Parallel"),
        "replicas": _COUNT,
        "revisionHistoryLimit": _COUNT,
    },
    _APPS + "StatefulSetUpdateStrategy": {"type": _defaulted("RollingUpdate", "OnDelete")},
    _APPS + "StatefulSetPersistentVolumeClaimRetentionPolicy": {
        "whenDeleted": _defaulted("Retain", "Delete"),
        "whenScaled": _defaulted("Retain", "Delete"),
    },
    _APPS + "RollingUpdateStatefulSetStrategy": {"partition": _COUNT},
    _BATCH + "JobSpec": {
        "activeDeadlineSeconds": _COUNT,
        "backoffLimit": _COUNT,
        "backoffLimitPerIndex": _COUNT,
        "maxFailedIndexes": _COUNT,
        "completionMode": _one("NonIndexed", "Indexed"),
        "completions": _COUNT,
        "parallelism": _COUNT,
        "podReplacementPolicy": _one("TerminatingOrFailed", "Failed"),
        "ttlSecondsAfterFinished": _COUNT,
    },
    _BATCH + "PodFailurePolicyRule": {"action": _one("FailJob", "FailIndex", "Ignore", "Count")},
    _BATCH + "CronJobSpec": {
        "concurrencyPolicy": _defaulted("Allow", "Forbid", "Replace"),
        "failedJobsHistoryLimit": _COUNT,
        "startingDeadlineSeconds": _COUNT,
        "successfulJobsHistoryLimit": _COUNT,
    },
    _META + "LabelSelectorRequirement": {"operator": _OPERATOR},
    _SCALING + "HorizontalPodAutoscalerSpec": {"maxReplicas": _POSITIVE, "minReplicas": _COUNT},
    _SCALING + "MetricSpec": {"type": _one("Object", "Pods", "Resource", "ContainerResource", "External")},
    _SCALING + "MetricTarget": {"averageUtilization": _POSITIVE, "type": _one("Utilization", "Value", "AverageValue")},
    _SCALING + "MetricIdentifier": {"name": _TEXT},
    _SCALING + "ResourceMetricSource": {"name": _TEXT},
    _SCALING + "HPAScalingRules": {
        "policies": _SOME,
        "selectPolicy": _one("Max", "Min", "Disabled"),
        "stabilizationWindowSeconds": _range(0, 3600),
    },
    _SCALING + "HPAScalingPolicy": {
        "periodSeconds": _range(1, 1800),
        "type": _one("Pods", "Percent"),
        "value": _POSITIVE,
    },
    "io.k8s.api.autoscaling.v1.HorizontalPodAutoscalerSpec": {
        "maxReplicas": _POSITIVE,
        "minReplicas": _COUNT,
        "targetCPUUtilizationPercentage": _POSITIVE,
    },
    _NET + "HTTPIngressPath": {"pathType": _one("Exact", "Prefix", "ImplementationSpecific")},
    _NET + "ServiceBackendPort": {"number": _PORT_OR_NONE},
    _NET + "NetworkPolicySpec": {"policyTypes": {**_each({"enum": ["Ingress", "Egress"]}), "maxItems": 2}},
    _NET + "NetworkPolicyPort": {"endPort": _PORT, "protocol": _one("TCP", "UDP", "SCTP")},
    _NET + "IngressClassSpec": {"controller": {"pattern": "^[^/]+/.+$"}},
    _NET + "IngressSpec": {"ingressClassName": _TEXT},
    "io.k8s.api.policy.v1.PodDisruptionBudgetSpec": {
        "unhealthyPodEvictionPolicy": _one("IfHealthyBudget", "AlwaysAllow")
    },
    "io.k8s.api.scheduling.v1.PriorityClass": {"preemptionPolicy": _one("Never", "PreemptLowerPriority")},
    _RBAC + "Subject": {"kind": _one("ServiceAccount", "User", "Group")},
    _RBAC + "RoleRef": {"kind": _one("Role", "ClusterRole")},
    _STORAGE + "StorageClass": {
        "provisioner": _TEXT,
        "reclaimPolicy": _defaulted("Retain", "Delete"),
        "volumeBindingMode": _one("Immediate", "WaitForFirstConsumer"),
    },
    _ADMISSION + "ValidatingWebhook": _WEBHOOK,
    _ADMISSION + "MutatingWebhook": {**_WEBHOOK, "reinvocationPolicy": _one("Never", "IfNeeded")},
    _ADMISSION + "RuleWithOperations": {
        "apiGroups": _SOME,
        "apiVersions": {**_SOME, **_each({**_TEXT, "type": "string"})},
        "operations": {**_SOME, **_each({"enum": ["CREATE", "UPDATE", "DELETE", "CONNECT", "*"]})},
        "resources": {**_SOME, **_each({**_TEXT, "type": "string"})},
        "scope": _one("Cluster", "Namespaced", "*"),
    },
    _ADMISSION + "ServiceReference": {"name": _TEXT, "namespace": _TEXT, "path": {"pattern": "^(/|$)"}, "port": _PORT},
    _RBAC + "AggregationRule": {"clusterRoleSelectors": _SOME},
    _CORE + "ResourceQuotaSpec": {
        "scopes": _each(
            {
                "enum": [
                    "BestEffort",
                    "CrossNamespacePodAffinity",
                    "NotBestEffort",
                    "NotTerminating",
                    "PriorityClass",
                    "Terminating",
                    "VolumeAttributesClass",
                ]
            }
        )
    },
    "io.k8s.api.discovery.v1.EndpointSlice": {"addressType": _one("IPv4", "IPv6", "FQDN")},
    "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIServiceSpec": {
        "groupPriorityMinimum": _range(1, 20000),
        "versionPriority": _range(1, 1000),
    },
    _CRD + "CustomResourceDefinitionSpec": {"scope": _one("Cluster", "Namespaced")},
    _CRD + "CustomResourceConversion": {"strategy": _one("None", "Webhook")},
}
# Whole definitions that say less than the server accepts, or in a way that gives useless messages.
REPLACED: dict[str, Refinement] = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["string", "number", "null"], "pattern": QUANTITY},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
        "type": ["string", "integer", "null"],
        "minimum": -(2**31),
        "maximum": 2**31 - 1,
    },
}
# Required by the published schemas, filled in by the server where they are missing.
OPTIONAL: dict[str, frozenset[str]] = {
    _CORE + "HTTPHeader": frozenset({"value"}),
    _CORE + "LimitRangeSpec": frozenset({"limits"}),
    _CORE + "PreferredSchedulingTerm": frozenset({"preference"}),
    _APPS + "StatefulSetSpec": frozenset({"serviceName"}),
    _NET + "NetworkPolicySpec": frozenset({"podSelector"}),
    _RBAC + "RoleRef": frozenset({"apiGroup"}),
}
# Wanted by the server although the published schemas do not say so.
WANTED: dict[str, tuple[str, ...]] = {
    _ADMISSION + "RuleWithOperations": ("apiGroups", "apiVersions", "operations", "resources"),
    _NET + "IngressClass": ("spec",),
    _NET + "IngressClassSpec": ("controller",),
    _RBAC + "AggregationRule": ("clusterRoleSelectors",),
    **{_APPS + kind: ("spec",) for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")},
    **{_BATCH + kind: ("spec",) for kind in ("CronJob", "Job", "JobTemplateSpec")},
    **{_CORE + kind: ("spec",) for kind in ("PersistentVolume", "PersistentVolumeClaim", "Pod", "PodTemplateSpec")},
    _SCALING + "HorizontalPodAutoscaler": ("spec",),
}
_FORMATS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}


def refine(definitions: dict[str, Any]) -> None:
    """Put everything above into the definitions of a Kubernetes version."""
    definitions.update({name: dict(value) for name, value in REPLACED.items() if name in definitions})
    for name, definition in definitions.items():
        properties = definition.get("properties") or {}
        extra = REFINEMENTS.get(name, {})
        optional = OPTIONAL.get(name, frozenset())
        required = [key for key in definition.get("required", ()) if key not in optional]
        required += [key for key in WANTED.get(name, ()) if key not in required and key in properties]
        if required or optional:
            definition["required"] = required
        for key, value in properties.items():
            if key in required:
                _refuse_null(value, definitions)
            if key in optional and isinstance(value.get("type"), str):
                value["type"] = [value["type"], "null"]
            if value.get("x-kubernetes-list-type") == "map":
                value[KEYS] = keys = value["x-kubernetes-list-map-keys"]
                has_default = "protocol" in keys or value["items"].get("$ref", "").endswith(".LocalObjectReference")
                value[NEEDED_KEYS] = [] if has_default else keys
            if not name.endswith("Status"):
                _refuse_null_items(value, definitions)
            limits = _FORMATS.get(value.get("format", ""))
            if limits:
                value["minimum"], value["maximum"] = limits
            for word, wanted in extra.get(key, {}).items():
                if word == "items":
                    value["items"] = {**value.get("items", {}), **wanted}
                elif word == "maximum":
                    value["maximum"] = min(wanted, value.get("maximum", wanted))
                else:
                    value[word] = wanted


def _refuse_null_items(value: dict[str, Any], definitions: dict[str, Any]) -> None:
    """A null in a list is an object without fields to the server: not one that may lack none of them."""
    items = value.get("items") or {}
    if definitions.get(items.get("$ref", "")[8:], {}).get("required"):
        value["items"] = {**items, "type": "object"}


def _refuse_null(value: dict[str, Any], definitions: dict[str, Any]) -> None:
    """A required property is not there when it is null, whatever the definition it refers to says."""
    reference = value.get("$ref")
    types = definitions.get(reference[8:], {}).get("type") if isinstance(reference, str) else value.get("type")
    if isinstance(types, list):
        value["type"] = [name for name in types if name != "null"]
