"""Everything this repository renders, applied in a cluster where the real Gatekeeper holds its policies against it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from gatekeeper.cluster import ARGOCD, CONSTRAINTS, Admission, Cluster
from gatekeeper.inventory import Inventory, synced

from . import support
from .support import Key, Object

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("controlplane")]

# Argo CD's order of kinds within a wave; what is not here comes after. (gitops-engine, pkg/sync/sync_tasks.go)
_ORDER = (
    *("Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodDisruptionBudget", "ServiceAccount", "Secret"),
    *("ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition"),
    *("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Service", "DaemonSet", "Pod", "ReplicaSet"),
    *("Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress"),
)
_PATIENCE = 60.0


class Platform:
    """What was said when it was applied, and what presync says."""

    def __init__(self, running: Cluster) -> None:
        self.cluster = running
        apps = support.rendered()
        everything = [one for app in apps for one in app.objects]
        crds = [one for one in everything if one["kind"] == "CustomResourceDefinition"]
        gatekeepers = [one for one in everything if support.is_gatekeepers(one)]
        self.objects = sorted((one for one in everything if one not in crds and one not in gatekeepers), key=_rank)
        running.need_kinds(self.objects, crds)
        # Only the API server can be late here: what comes first, comes first.
        running.take_in(gatekeepers, 120)
        self.inventory = Inventory(running, synced(gatekeepers))
        labels = {app.namespace: dict(app.labels) for app in apps if app.labels}
        for name in sorted({one["metadata"].get("namespace") or "default" for one in self.objects}):
            running.apply({**support.namespace(name), "metadata": {"name": name, "labels": labels.get(name, {})}})
        self.constraints = {one["metadata"]["name"] for one in gatekeepers if one["apiVersion"].startswith(CONSTRAINTS)}
        self.applied = len(self.objects) + len(crds) + len(gatekeepers)
        self.said: dict[Key, Admission] = {}
        self.waited: dict[Key, Admission] = {}
        self._apply()

    def _apply(self) -> None:
        """As Argo CD does: what is refused is tried again, for something else may have to be there first."""
        pending, end = self.objects, time.monotonic() + _PATIENCE
        while pending and time.monotonic() < end:
            left = []
            for one in pending:
                said = self.cluster.admit(one, ARGOCD, dry_run=False)
                self.said[support.key(one)] = said
                if not said.admitted:
                    left.append(one)
                    self.waited.setdefault(support.key(one), said)
            if len(left) == len(pending):
                break
            pending = left


def _rank(one: Object) -> int:
    return _ORDER.index(one["kind"]) if one["kind"] in _ORDER else len(_ORDER)


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    support.need()
    with Cluster() as running:
        yield Platform(running)


def test_the_whole_platform_is_admitted(platform: Platform) -> None:
    refused = {key: said for key, said in platform.said.items() if not said.admitted}
    assert not refused, "\n".join(f"{key}: {said}" for key, said in refused.items())
    assert platform.applied == sum(len(app.objects) for app in support.rendered())
    assert len(platform.constraints) >= 4


def test_nothing_had_to_wait(platform: Platform) -> None:
    """In Argo CD's order nothing is refused for what comes later."""
    assert not platform.waited, "\n".join(f"{key}: {said}" for key, said in platform.waited.items())


def test_again_the_webhook_says_what_presync_check_says(platform: Platform) -> None:
    """With all of it there, as presync sees it."""
    kubernetes = platform.cluster.plane.kubernetes
    stored = []
    for one in platform.objects:
        if (one["apiVersion"], one["kind"]) in platform.inventory.kinds:
            _, kind, namespace, name = support.key(one)
            stored.append(kubernetes.read(one["apiVersion"], kind, name, namespace))
    platform.inventory.wait_for([one for one in stored if one])
    _, found = support.judged(support.ROOT)
    assert not found.unknown
    expected = support.consequences(found)
    differences = []
    for one in platform.objects:
        said = platform.cluster.admit(one, ARGOCD)
        for text in support.differences(expected.get(support.key(one), ()), said):
            differences.append(f"{support.key(one)}: {text}")
    assert not differences, "\n".join(differences)


def test_the_same_with_a_flaw_is_not_admitted(platform: Platform) -> None:
    """Otherwise that everything is admitted would prove nothing."""
    flawed = 0
    for one in platform.objects:
        if one["kind"] == "Deployment":
            spec = one["spec"]["template"]["spec"]
            container = {**spec["containers"][0], "image": "registry.example.net/app:latest"}
            template = {**one["spec"]["template"], "spec": {**spec, "containers": [container, *spec["containers"][1:]]}}
            said = platform.cluster.admit({**one, "spec": {**one["spec"], "template": template}}, ARGOCD)
            texts = said.denied if one["metadata"]["namespace"].endswith("-prod") else said.warned
            assert any("registry.example.net/app:latest" in text for text in texts), support.key(one)
            flawed += 1
    assert flawed
