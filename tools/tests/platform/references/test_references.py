"""Who refers to whom, and whether the two meet."""

from __future__ import annotations

from typing import Any

import pytest

from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.references import resolver, selection
from presync.platform.references.producers import always_there, made
from presync.platform.references.resolve import Outcome
from presync.platform.selectors import matches
from tests.rules.support import platform

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  serviceAccountName: runner
  priorityClassName: high
  imagePullSecrets: [{name: pull}]
  initContainers: [{name: i, image: "a:1", envFrom: [{prefix: X_, secretRef: {name: from-secret, optional: true}}]}]
  containers:
    - name: a
      image: "a:1"
      env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: k}}}]
      volumeMounts: [{name: whole, mountPath: /a/b.txt, subPath: b.txt}]
  volumes:
    - {name: whole, configMap: {name: whole}}
    - {name: picked, secret: {secretName: picked, items: [{key: k, path: p}]}}
    - {name: data, persistentVolumeClaim: {claimName: data}}
    - {name: many, projected: {sources: [{configMap: {name: one}}, {secret: {name: two, items: [{key: k, path: p}]}}]}}
"""


def references(resources: str, **more: Any) -> dict[str, tuple[str, bool, tuple[str, ...]]]:
    found = resolver(platform({"resources": resources, **more})).references
    return {
        f"{one.kind} {one.namespace}/{one.name}": (
            ".".join(map(str, one.path)),
            one.optional,
            tuple(key for key, _ in one.keys),
        )
        for one in found
    }


def test_everything_a_pod_needs() -> None:
    assert references(POD) == {
        "ServiceAccount app-dev/runner": ("spec.serviceAccountName", False, ()),
        "Secret app-dev/pull": ("spec.imagePullSecrets.0.name", False, ()),
        "PriorityClass /high": ("spec.priorityClassName", False, ()),
        "ConfigMap app-dev/whole": ("spec.volumes.0.configMap.name", False, ("b.txt",)),
        "Secret app-dev/picked": ("spec.volumes.1.secret.secretName", False, ("k",)),
        "PersistentVolumeClaim app-dev/data": ("spec.volumes.2.persistentVolumeClaim.claimName", False, ()),
        "ConfigMap app-dev/one": ("spec.volumes.3.projected.sources.0.configMap.name", False, ()),
        "Secret app-dev/two": ("spec.volumes.3.projected.sources.1.secret.name", False, ("k",)),
        "ConfigMap app-dev/settings": ("spec.containers.0.env.0.valueFrom.configMapKeyRef.name", False, ("k",)),
        "Secret app-dev/from-secret": ("spec.initContainers.0.envFrom.0.secretRef.name", True, ()),
    }


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"])
def test_pods_in_every_workload(kind: str) -> None:
    group = "batch/v1" if kind == "Job" else "apps/v1"
    spec = "{serviceAccountName: runner, containers: [{name: a}]}"
    text = f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{template: {{spec: {spec}}}}}\n"
    assert list(references(text)) == ["ServiceAccount app-dev/runner"]


def test_pods_in_cron_jobs() -> None:
    text = (
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n"
        "spec: {jobTemplate: {spec: {template: {spec: {serviceAccountName: runner}}}}}\n"
    )
    assert list(references(text)) == ["ServiceAccount app-dev/runner"]


def test_two_producers_give_the_keys_of_both() -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {%s: x}\n"
    case = {
        "applications": [
            {"name": "a-dev", "namespace": "shared", "resources": config % "a"},
            {"name": "b-dev", "namespace": "shared", "resources": config % "b"},
            {"name": "c-dev", "namespace": "shared", "resources": POD},
        ]
    }
    known = resolver(platform(case))
    [reference] = [one for one in known.references if one.name == "settings"]
    resolution = known.resolve(reference)
    assert (resolution.outcome, resolution.keys, len(resolution.producers)) == (Outcome.FOUND, frozenset("ab"), 2)


def test_another_cluster_is_another_world() -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
    case = {
        "applications": [
            {"name": "a-dev", "namespace": "shared", "resources": config, "server": "https://other.example.com"},
            {"name": "c-dev", "namespace": "shared", "resources": POD},
        ]
    }
    known = resolver(platform(case))
    [reference] = [one for one in known.references if one.name == "settings"]
    assert known.resolve(reference).outcome is Outcome.MISSING


def test_in_the_dark() -> None:
    case = {
        "applications": [
            {"name": "a", "namespace": "one", "unavailable": "not vendored"},
            {"name": "b", "namespace": "two", "error": "need x"},
            {"name": "c", "namespace": "one"},
        ]
    }
    known = resolver(platform(case))
    assert known.in_the_dark("in-cluster", "one") == ("a",)
    assert known.in_the_dark("in-cluster", "") == ("a", "b")
    assert known.in_the_dark("in-cluster", "three") == known.in_the_dark("elsewhere", "one") == ()


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "there"),
    [
        ("ServiceAccount", "a", "default", True),
        ("ServiceAccount", "a", "builder", False),
        ("ConfigMap", "a", "kube-root-ca.crt", True),
        ("ClusterRole", "", "system:auth-delegator", True),
        ("ClusterRole", "", "view", True),
        ("ClusterRole", "", "reader", False),
        ("Role", "kube-system", "extension-apiserver-authentication-reader", True),
        ("PriorityClass", "", "system-node-critical", True),
        ("Service", "default", "kubernetes", True),
        ("Service", "a", "kubernetes", False),
    ],
)
def test_what_kubernetes_makes(kind: str, namespace: str, name: str, there: bool) -> None:
    assert (always_there(kind, namespace, name) is not None) is there


@pytest.mark.parametrize(
    ("group", "kind", "spec", "expected"),
    [
        ("external-secrets.io", "ExternalSecret", {"data": [{"secretKey": "a"}]}, ("x", {"a"})),
        ("external-secrets.io", "ExternalSecret", {"target": {"name": "y"}, "dataFrom": [{}]}, ("y", None)),
        (
            "external-secrets.io",
            "ExternalSecret",
            {"data": [{"secretKey": "a"}], "target": {"template": {"data": {"b": ""}}}},
            ("x", {"b"}),
        ),
        (
            "cert-manager.io",
            "Certificate",
            {"secretName": "t", "keystores": {"jks": {}}, "additionalOutputFormats": [{"type": "CombinedPEM"}]},
            ("t", {"ca.crt", "tls.crt", "tls.key", "keystore.jks", "truststore.jks", "tls-combined.pem", ""} - {""}),
        ),
        ("bitnami.com", "SealedSecret", {"encryptedData": {"a": "b"}}, ("x", {"a"})),
    ],
)
def test_what_makes_a_secret(group: str, kind: str, spec: dict[str, Any], expected: tuple[str, Any]) -> None:
    secrets = [one for one in made(group, kind, "ns", "x", {"spec": spec}) if one[0] == "Secret"]
    name, keys = expected
    assert secrets == [("Secret", "ns", name, keys if keys is None else frozenset(keys))]


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({}, True),
        ({"matchLabels": {"a": "1"}}, True),
        ({"matchLabels": {"a": "2"}}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "NotIn", "values": ["1"]}]}, True),
        ({"matchExpressions": [{"key": "b", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "b", "operator": "DoesNotExist"}]}, True),
        ({"matchExpressions": ["x"]}, False),
        (None, False),
    ],
)
def test_selectors(selector: Any, fits: bool) -> None:
    assert matches(selector, {"a": "1"}) is fits


def test_services_are_found_in_one_namespace_and_in_all() -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: s, labels: {app: web}}\nspec: {ports: [{name: http}]}\n"
    names = ("a-dev", "b-dev")
    known: Platform = platform({"applications": [{"name": name, "resources": service} for name in names]})
    wanted = {"matchLabels": {"app": "web"}}
    found = selection(known)
    assert len(found.services("in-cluster", "a-dev", wanted)) == 1
    assert len(found.services("in-cluster", "*", wanted)) == 2
    assert found.services("in-cluster", "*", {"matchLabels": {"app": "web", "tier": "x"}}) == []
    assert len(index(known).of_kind("", "Service")) == 2
    assert index(known) is index(known)
