"""What objects other than Pods refer to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from presync.platform.references.model import Reference
from presync.platform.references.pods import Consumer, key_references, of_pod_spec
from presync.platform.validation.access import Object, has, items, obj, text, texts
from presync.platform.violation import Path

_Collect = Callable[[Consumer, Object], Iterator[Reference]]
_RBAC = "rbac.authorization.k8s.io"
_MONITORING = "monitoring.coreos.com"
_ADMISSION = "admissionregistration.k8s.io"
CLUSTER_ISSUER = "cert-manager.io/cluster-issuer"
ISSUER = "cert-manager.io/issuer"


def collect(who: Consumer) -> Iterator[Reference]:
    """The references of an object's own fields; Pods in it are somebody else's business."""
    function = _COLLECT.get((who.resource.group, who.resource.kind))
    if function is not None:
        yield from function(who, who.resource.data)


def _stateful_set(who: Consumer, data: Object) -> Iterator[Reference]:
    spec = obj(data, "spec")
    if text(spec, "serviceName"):
        # Pods run without it; only their names are not resolved.
        yield who.to("Service", text(spec, "serviceName"), ("spec", "serviceName"), harmless=True)
    for index, claim in items(spec, "volumeClaimTemplates"):
        yield from _storage_class(who, obj(claim, "spec"), ("spec", "volumeClaimTemplates", index, "spec"))


def _claim(who: Consumer, data: Object) -> Iterator[Reference]:
    spec = obj(data, "spec")
    if text(spec, "volumeName"):
        yield who.to_cluster("PersistentVolume", text(spec, "volumeName"), ("spec", "volumeName"))
    else:
        yield from _storage_class(who, spec, ("spec",))


def _storage_class(who: Consumer, spec: Object, path: Path) -> Iterator[Reference]:
    if text(spec, "storageClassName"):
        yield who.to_cluster("StorageClass", text(spec, "storageClassName"), (*path, "storageClassName"))


def _ingress(who: Consumer, data: Object) -> Iterator[Reference]:
    spec = obj(data, "spec")
    if text(spec, "ingressClassName"):
        yield who.to_cluster("IngressClass", text(spec, "ingressClassName"), ("spec", "ingressClassName"))
    for index, tls in items(spec, "tls"):
        if text(tls, "secretName"):
            yield who.to("Secret", text(tls, "secretName"), ("spec", "tls", index, "secretName"), harmless=True)
    for name, path, _ in ingress_backends(data):
        yield who.to("Service", name, path)
    for annotation, kind in ((CLUSTER_ISSUER, "ClusterIssuer"), (ISSUER, "Issuer")):
        issuer = who.resource.annotations.get(annotation)
        if isinstance(issuer, str) and issuer:
            here: Path = ("metadata", "annotations", annotation)
            yield who.to(kind, issuer, here) if kind == "Issuer" else who.to_cluster(kind, issuer, here)


def ingress_backends(data: Object) -> Iterator[tuple[str, Path, Object]]:
    """Every Service an Ingress sends to: name, field of the name, the port it wants."""
    spec = obj(data, "spec")
    backends: list[tuple[Object, Path]] = [(obj(spec, "defaultBackend"), ("spec", "defaultBackend"))]
    for index, rule in items(spec, "rules"):
        for at, one in items(obj(rule, "http"), "paths"):
            backends.append((obj(one, "backend"), ("spec", "rules", index, "http", "paths", at, "backend")))
    for backend, path in backends:
        service = obj(backend, "service")
        if text(service, "name"):
            yield text(service, "name"), (*path, "service", "name"), obj(service, "port")


def _binding(who: Consumer, data: Object) -> Iterator[Reference]:
    role = obj(data, "roleRef")
    name, kind = text(role, "name"), text(role, "kind")
    if name and kind == "Role":
        yield who.to("Role", name, ("roleRef", "name"))
    elif name and kind == "ClusterRole":
        yield who.to_cluster("ClusterRole", name, ("roleRef", "name"))
    for index, subject in items(data, "subjects"):
        if text(subject, "kind") == "ServiceAccount" and text(subject, "name"):
            namespace = text(subject, "namespace") or who.resource.namespace
            path: Path = ("subjects", index, "name")
            account = text(subject, "name")
            yield Reference(who.entry, who.resource, path, "ServiceAccount", namespace, account, harmless=True)


def _autoscaler(who: Consumer, data: Object) -> Iterator[Reference]:
    target = obj(data, "spec", "scaleTargetRef")
    kind = text(target, "kind") or "Deployment"  # KEDA's default; an autoscaler of Kubernetes always says
    if text(target, "name"):
        yield who.to(kind, text(target, "name"), ("spec", "scaleTargetRef", "name"))


def _certificate(who: Consumer, data: Object) -> Iterator[Reference]:
    issuer = obj(data, "spec", "issuerRef")
    name, kind = text(issuer, "name"), text(issuer, "kind") or "Issuer"
    if name and text(issuer, "group") in ("", "cert-manager.io"):
        path: Path = ("spec", "issuerRef", "name")
        yield who.to_cluster(kind, name, path) if kind == "ClusterIssuer" else who.to(kind, name, path)


def _webhooks(who: Consumer, data: Object) -> Iterator[Reference]:
    for index, hook in items(data, "webhooks"):
        yield from _service(who, obj(hook, "clientConfig", "service"), ("webhooks", index, "clientConfig", "service"))


def _api_service(who: Consumer, data: Object) -> Iterator[Reference]:
    yield from _service(who, obj(data, "spec", "service"), ("spec", "service"))


def _definition(who: Consumer, data: Object) -> Iterator[Reference]:
    path: Path = ("spec", "conversion", "webhook", "clientConfig", "service")
    yield from _service(who, obj(data, "spec", "conversion", "webhook", "clientConfig", "service"), path)


def _service(who: Consumer, service: Object, path: Path) -> Iterator[Reference]:
    if text(service, "name"):
        namespace = text(service, "namespace")
        yield Reference(who.entry, who.resource, (*path, "name"), "Service", namespace, text(service, "name"))


def _operated(who: Consumer, data: Object) -> Iterator[Reference]:
    """Prometheus, Alertmanager and their kin: their spec has the fields of a PodSpec, and some of its own."""
    spec = obj(data, "spec")
    yield from of_pod_spec(who, spec, ("spec",))
    for field, kind in (("secrets", "Secret"), ("configMaps", "ConfigMap")):
        for index, name in enumerate(texts(spec, field)):
            yield who.to(kind, name, ("spec", field, index))
    additional = ("additionalScrapeConfigs", "additionalAlertManagerConfigs", "additionalAlertRelabelConfigs")
    yield from key_references(who, spec, ("spec",), dict.fromkeys(additional, "Secret"))
    if text(spec, "configSecret"):
        yield who.to("Secret", text(spec, "configSecret"), ("spec", "configSecret"))
    claim = obj(spec, "storage", "volumeClaimTemplate", "spec")
    yield from _storage_class(who, claim, ("spec", "storage", "volumeClaimTemplate", "spec"))


def _monitor(who: Consumer, data: Object) -> Iterator[Reference]:
    for field in ("endpoints", "podMetricsEndpoints"):
        for index, endpoint in items(obj(data, "spec"), field):
            here: Path = ("spec", field, index)
            yield from key_references(who, endpoint, here, {"bearerTokenSecret": "Secret"})
            yield from key_references(
                who, obj(endpoint, "basicAuth"), (*here, "basicAuth"), {"username": "Secret", "password": "Secret"}
            )
            authorization = obj(endpoint, "authorization")
            yield from key_references(who, authorization, (*here, "authorization"), {"credentials": "Secret"})
            tls = obj(endpoint, "tlsConfig")
            yield from key_references(who, tls, (*here, "tlsConfig"), {"keySecret": "Secret"})
            for part in ("ca", "cert"):
                if has(tls, part):
                    inner = (*here, "tlsConfig", part)
                    yield from key_references(
                        who, obj(tls, part), inner, {"secret": "Secret", "configMap": "ConfigMap"}
                    )


_COLLECT: Mapping[tuple[str, str], _Collect] = {
    ("", "PersistentVolumeClaim"): _claim,
    ("apps", "StatefulSet"): _stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _autoscaler,
    ("keda.sh", "ScaledObject"): _autoscaler,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("apiregistration.k8s.io", "APIService"): _api_service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    (_ADMISSION, "MutatingWebhookConfiguration"): _webhooks,
    (_ADMISSION, "ValidatingWebhookConfiguration"): _webhooks,
    (_RBAC, "RoleBinding"): _binding,
    (_RBAC, "ClusterRoleBinding"): _binding,
    ("cert-manager.io", "Certificate"): _certificate,
    **{(_MONITORING, kind): _operated for kind in ("Prometheus", "PrometheusAgent", "Alertmanager", "ThanosRuler")},
    **{(_MONITORING, kind): _monitor for kind in ("ServiceMonitor", "PodMonitor")},
}
