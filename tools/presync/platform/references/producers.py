"""What puts objects into a cluster, besides the objects themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from presync.platform.references.kinds import CLUSTER_ISSUER, ISSUER
from presync.platform.validation.access import Object, has, items, obj, text, texts

# kind, namespace (empty: none), name, keys (None: any)
Made = tuple[str, str, str, frozenset[str] | None]
_Make = Callable[[Object, str, str], Iterator[Made]]

_TLS = frozenset({"ca.crt", "tls.crt", "tls.key"})
_TOKEN = frozenset({"ca.crt", "namespace", "token"})
_SECRET_NAME = "--secret-name="  # noqa: S105 - an argument of the certificate jobs many charts have


def made(group: str, kind: str, namespace: str, name: str, data: Object) -> Iterator[Made]:
    """The objects that exist in the cluster because this one does, itself included."""
    yield kind, namespace, name, _keys(group, kind, data)
    function = _MAKE.get((group, kind))
    if function is not None:
        yield from function(data, namespace, name)


def _keys(group: str, kind: str, data: Object) -> frozenset[str] | None:
    if group:
        return None
    if kind == "ConfigMap":
        return frozenset((*obj(data, "data"), *obj(data, "binaryData")))
    if kind == "Secret":
        own = frozenset((*obj(data, "data"), *obj(data, "stringData")))
        return own | _TOKEN if text(data, "type") == "kubernetes.io/service-account-token" else own
    return None


def _sealed_secret(data: Object, namespace: str, name: str) -> Iterator[Made]:
    """The controller makes a Secret of the same name; a null in the template takes a key away."""
    template = obj(data, "spec", "template", "data")
    dropped = {key for key, value in template.items() if value is None}
    keys = {*obj(data, "spec", "encryptedData"), *template} - dropped
    yield "Secret", namespace, name, frozenset(keys)


def _external_secret(data: Object, namespace: str, name: str) -> Iterator[Made]:
    spec = obj(data, "spec")
    target = obj(spec, "target")
    if text(target, "creationPolicy") == "None":
        return
    keys: frozenset[str] | None = frozenset(text(item, "secretKey") for _, item in items(spec, "data"))
    template = obj(target, "template")
    if spec.get("dataFrom") or has(template, "templateFrom"):
        keys = None
    elif obj(template, "data"):
        own = frozenset(obj(template, "data"))
        keys = own | (keys or frozenset()) if text(template, "mergePolicy") == "Merge" else own
    yield "Secret", namespace, text(target, "name") or name, keys


def _certificate(data: Object, namespace: str, name: str) -> Iterator[Made]:
    spec = obj(data, "spec")
    keys = set(_TLS)
    for store, suffix in (("jks", "jks"), ("pkcs12", "p12")):
        if has(obj(spec, "keystores"), store):
            keys |= {f"keystore.{suffix}", f"truststore.{suffix}"}
    for _, extra in items(spec, "additionalOutputFormats"):
        keys.add({"CombinedPEM": "tls-combined.pem", "DER": "key.der"}.get(text(extra, "type"), ""))
    if text(spec, "secretName"):
        yield "Secret", namespace, text(spec, "secretName"), frozenset(keys)


def _issuer(data: Object, namespace: str, name: str) -> Iterator[Made]:
    account = text(obj(data, "spec", "acme", "privateKeySecretRef"), "name")
    if account and namespace:
        yield "Secret", namespace, account, None


def _ingress(data: Object, namespace: str, name: str) -> Iterator[Made]:
    """cert-manager makes the Secrets of an Ingress that names an issuer."""
    annotations = obj(data, "metadata", "annotations")
    if any(annotations.get(key) for key in (CLUSTER_ISSUER, ISSUER, "kubernetes.io/tls-acme")):
        for _, tls in items(obj(data, "spec"), "tls"):
            if text(tls, "secretName"):
                yield "Secret", namespace, text(tls, "secretName"), _TLS


def _stateful_set(data: Object, namespace: str, name: str) -> Iterator[Made]:
    spec = obj(data, "spec")
    replicas = spec.get("replicas", 1)
    count = replicas if isinstance(replicas, int) and 0 <= replicas <= 1000 else 1
    first = obj(spec, "ordinals").get("start") or 0
    for _, claim in items(spec, "volumeClaimTemplates"):
        for ordinal in range(count):
            number = ordinal + (first if isinstance(first, int) else 0)
            volume = text(obj(claim, "metadata"), "name")
            yield "PersistentVolumeClaim", namespace, f"{volume}-{name}-{number}", None


def _job(data: Object, namespace: str, name: str) -> Iterator[Made]:
    for _, container in items(obj(data, "spec", "template", "spec"), "containers"):
        for argument in (*texts(container, "args"), *texts(container, "command")):
            if argument.startswith(_SECRET_NAME):
                yield "Secret", namespace, argument.removeprefix(_SECRET_NAME), None


def _volume(data: Object, namespace: str, name: str) -> Iterator[Made]:
    """A claim may name the class of a volume that is there; nothing has to provision it then."""
    if text(obj(data, "spec"), "storageClassName"):
        yield "StorageClass", "", text(obj(data, "spec"), "storageClassName"), None


def _operated(service: str) -> _Make:
    def make(data: Object, namespace: str, name: str) -> Iterator[Made]:
        yield "Service", namespace, service, None

    return make


_MAKE: Mapping[tuple[str, str], _Make] = {
    ("", "PersistentVolume"): _volume,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
    ("bitnami.com", "SealedSecret"): _sealed_secret,
    ("cert-manager.io", "Certificate"): _certificate,
    ("cert-manager.io", "Issuer"): _issuer,
    ("external-secrets.io", "ExternalSecret"): _external_secret,
    ("monitoring.coreos.com", "Alertmanager"): _operated("alertmanager-operated"),
    ("monitoring.coreos.com", "Prometheus"): _operated("prometheus-operated"),
    ("monitoring.coreos.com", "ThanosRuler"): _operated("thanos-ruler-operated"),
    ("networking.k8s.io", "Ingress"): _ingress,
}

# In every cluster or namespace without anybody asking for it.
_ALWAYS_ROLES = frozenset({"admin", "cluster-admin", "edit", "view"})
# The ServiceAccounts that kube-controller-manager makes for its own controllers and that charts bind roles to.
_CONTROLLERS = frozenset(
    {"cronjob-controller", "generic-garbage-collector", "horizontal-pod-autoscaler", "node-controller"}
)
_ALWAYS_PRIORITIES = frozenset({"system-cluster-critical", "system-node-critical"})


def always_there(kind: str, namespace: str, name: str) -> frozenset[str] | None:
    """The keys of an object that Kubernetes itself makes; None when it makes no such object."""
    if kind == "ServiceAccount" and (name == "default" or (namespace == "kube-system" and name in _CONTROLLERS)):
        return frozenset()
    if kind == "ConfigMap" and name == "kube-root-ca.crt":
        return frozenset({"ca.crt"})
    if kind == "ClusterRole" and (name in _ALWAYS_ROLES or name.startswith("system:")):
        return frozenset()
    if kind == "Role" and name.startswith(("system:", "extension-apiserver-authentication-reader")):
        return frozenset()
    if kind == "PriorityClass" and name in _ALWAYS_PRIORITIES:
        return frozenset()
    if kind == "Service" and (namespace, name) == ("default", "kubernetes"):
        return frozenset()
    return None
