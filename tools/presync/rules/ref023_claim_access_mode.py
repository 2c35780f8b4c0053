"""A PersistentVolumeClaim is used by more Pods than its access modes allow.

ReadWriteOncePod lets one Pod have it; the others stay Pending. ReadWriteOnce lets the Pods of one node have it; on
another node they wait for the volume for ever. Counted are the replicas (an autoscaler's too) of every workload that
mounts the claim, and runs of a CronJob that may overlap. Pods that are bound to one node, or to each other by affinity,
may share, and so may those of a volume that is itself a folder of a node or of NFS.

Bad:

    # PersistentVolumeClaim
    accessModes: [ReadWriteOnce]
    # Deployment that mounts it
    replicas: 3

Good:

    # PersistentVolumeClaim
    accessModes: [ReadWriteMany]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import Object, items, number, obj, text, texts
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.pods import Pod, pods

ID = "REF023"
NAME = "claim-access-mode"
SEVERITY = Severity.WARNING

_Place = tuple[str, str, str]
_HOSTNAME = "kubernetes.io/hostname"
# Volumes that are attached to no node: they work from everywhere, or tie every Pod to one node by themselves.
_SHARED = frozenset({"cephfs", "glusterfs", "hostPath", "local", "nfs"})
_MANY = 2  # stands for "more than one" where the number depends on the cluster


@dataclass(frozen=True, slots=True)
class _Use:
    pod: Pod
    path: tuple[str | int, ...]
    count: int
    why: str


def check(platform: Platform) -> Iterator[Match]:
    """Every claim that is rendered, with all who mount it."""
    uses = _uses(platform)
    for entry, claim in index(platform).of_kind("", "PersistentVolumeClaim"):
        modes = set(texts(obj(claim.data, "spec"), "accessModes"))
        if not is_applied(claim.annotations) or not modes or modes & {"ReadWriteMany", "ReadOnlyMany"}:
            continue
        mine = uses.get((entry.application.destination.cluster, claim.namespace, claim.name), [])
        alone = "ReadWriteOncePod" in modes
        total = sum(use.count for use in mine)
        if total < _MANY or (not alone and (_tied(mine) or _reaches_everywhere(platform, entry, claim))):
            continue
        yield Match(
            f"it can be used by {'one Pod' if alone else 'the Pods of one node'} only ({', '.join(sorted(modes))}), "
            f"and is mounted by {_listed(mine)}",
            "Use ReadWriteMany with a storage class that can, or a volume for each"
            + (" Pod." if alone else " Pod, or bind the Pods to one node."),
            entry,
            claim,
            ("spec", "accessModes"),
            severity=Severity.ERROR if alone else None,
            key=claim.name,
        )


def _listed(uses: list[_Use]) -> str:
    shown = [f"{use.pod.resource.kind} {use.pod.resource.name}{f' ({use.why})' if use.why else ''}" for use in uses[:4]]
    return ", ".join(shown) + (f" and {len(uses) - 4} more" if len(uses) > 4 else "")


def _uses(platform: Platform) -> dict[_Place, list[_Use]]:
    scaled = _scaled(platform)
    found: dict[_Place, list[_Use]] = {}
    for pod in pods(platform):
        if not is_applied(pod.resource.annotations) or pod.spec.path[0] == "data":
            continue
        cluster = pod.entry.application.destination.cluster
        for at, volume in items(pod.spec.spec, "volumes"):
            name = text(obj(volume, "persistentVolumeClaim"), "claimName")
            if name:
                count, why = _count(pod.resource, scaled.get((cluster, pod.resource.namespace, str(pod.resource)), 0))
                path = (*pod.spec.path, "volumes", at)
                if count:
                    found.setdefault((cluster, pod.resource.namespace, name), []).append(_Use(pod, path, count, why))
    return found


def _count(resource: Resource, scaled: int) -> tuple[int, str]:
    """How many Pods there may be at one time, and why more than one."""
    spec = obj(resource.data, "spec")
    if resource.kind == "DaemonSet":
        return _MANY, "one Pod on each node"
    if resource.kind == "CronJob":
        parallel = number(obj(spec, "jobTemplate", "spec"), "parallelism") or 1
        return parallel, f"{parallel} at a time" if parallel > 1 else ""
    if resource.kind == "Job":
        at_once = number(spec, "parallelism")
        count = 1 if at_once is None else at_once
        return count, f"{count} at a time" if count > 1 else ""
    if scaled > 1:
        return scaled, f"up to {scaled} replicas"
    replicas = number(spec, "replicas")
    count = 1 if replicas is None or resource.kind == "Pod" else replicas
    return count, f"{count} replicas" if count > 1 else ""


def _scaled(platform: Platform) -> dict[_Place, int]:
    found: dict[_Place, int] = {}
    for entry, resource in index(platform).of_kind("autoscaling", "HorizontalPodAutoscaler"):
        spec = obj(resource.data, "spec")
        target = obj(spec, "scaleTargetRef")
        group = text(target, "apiVersion").rpartition("/")[0]
        kind = f"{text(target, 'kind')}.{group}" if group else text(target, "kind")
        place = (
            entry.application.destination.cluster,
            resource.namespace,
            f"{kind} {resource.namespace}/{text(target, 'name')}",
        )
        found[place] = number(spec, "maxReplicas") or 1
    return found


def _tied(uses: list[_Use]) -> bool:
    """Whether the Pods end up on one node: all bound to the same, or each to one of the others."""
    hosts = {text(obj(use.pod.spec.spec, "nodeSelector"), _HOSTNAME) for use in uses}
    if len(hosts) == 1 and hosts != {""}:
        return True
    near = [use for use in uses if _near(use.pod.spec.spec)]
    return len(near) >= len(uses) - 1 and bool(near) and all(use.count == 1 or use in near for use in uses)


def _near(spec: Object) -> bool:
    affinity = obj(spec, "affinity", "podAffinity")
    terms = items(affinity, "requiredDuringSchedulingIgnoredDuringExecution")
    names = [
        text(expression, "key")
        for _, term in items(
            obj(spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms"
        )
        for _, expression in items(term, "matchExpressions")
    ]
    return any(text(term, "topologyKey") == _HOSTNAME for _, term in terms) or _HOSTNAME in names


def _reaches_everywhere(platform: Platform, entry: Entry, claim: Resource) -> bool:
    spec = obj(claim.data, "spec")
    storage = text(spec, "storageClassName").lower()
    if any(word in storage for word in ("local", "hostpath", "host-path", "nfs", "smb")):
        return True
    cluster = entry.application.destination.cluster
    known = index(platform)
    for owner, volume in known.of_kind("", "PersistentVolume"):
        data = obj(volume.data, "spec")
        bound = obj(data, "claimRef")
        names_it = (text(bound, "namespace"), text(bound, "name")) == (claim.namespace, claim.name)
        if owner.application.destination.cluster == cluster and (names_it or volume.name == text(spec, "volumeName")):
            return _unattached(data)
    return False


def _unattached(spec: Mapping[str, object]) -> bool:
    driver = text(obj(spec, "csi"), "driver")
    return bool(_SHARED & spec.keys()) or any(word in driver for word in ("nfs", "smb", "local", "hostpath"))
