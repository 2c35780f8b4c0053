"""gator, with policies of gatekeeper-library or with those that the tree itself deploys.

A policy that reads no inventory sees one object at a time, so the changed objects of all cases are judged by one
process. Those that compare objects are asked about whole environments, where something changed that they look at.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from compare.mutants import SHARED, Difference, Object, Objects, written
from compare.peers import Said, group, run, title

_CASE = "comparison/case"
_INVENTORY = "metadata.gatekeeper.sh/requires-sync-data"
_COMPARED = frozenset(
    {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Prometheus", "Alertmanager"}
    | {"HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "NetworkPolicy", "Service", "Namespace"}
    | {"PersistentVolumeClaim", "StorageClass"}
)
Violation = Mapping[str, Any]


class Gator:
    """One set of policies."""

    def __init__(self, program: Path, work: Path, policies: Sequence[Object] = (), more: Sequence[Object] = ()) -> None:
        self.program, self.work, self.more = program, work, more
        self.policies = policies  # none: those among the objects, the shared ones included

    def environments(self, base: Objects) -> list[str]:
        """What is judged at a time."""
        return [one for one in base if self.policies or one != SHARED]

    def ask(self, base: Objects, environment: str) -> set[Said]:
        """gator test of one environment."""
        policies, objects = self._split(self._all(base, environment))
        return self._said(policies, objects)

    def cases(
        self, base: Objects, before: Mapping[str, set[Said]], differences: Mapping[str, Difference]
    ) -> dict[str, set[Said]]:
        """What is said of each case and not of the tree without it."""
        found: dict[str, set[Said]] = {case: set() for case in differences}
        for environment in self.environments(base):
            policies, _ = self._split(self._all(base, environment))
            comparing, single = _by_inventory(policies)
            changed: dict[str, list[Object]] = {}
            for case, difference in differences.items():
                new = self._all(difference.changed, environment)
                kinds = _kinds(new, self._gone(difference, environment))
                after = {name: difference.applied(base, name) for name in base}
                own, objects = self._split(new)
                if not self.policies and (own or kinds & {_kind(one) for one in policies}):
                    found[case] |= self.ask(after, environment)
                    continue
                if kinds & _COMPARED:
                    _, others = self._split(self._all(after, environment))
                    found[case] |= self._said(comparing, [one for one in others if _kind(one) in _COMPARED])
                changed[case] = objects
            for case, said in self._together(single, changed).items():
                found[case] |= said
            for case in found:
                found[case] -= before[environment]
        return found

    def _all(self, objects: Objects, environment: str) -> dict[str, Object]:
        shared = {} if self.policies else objects.get(SHARED, {})
        return {**shared, **objects.get(environment, {})}

    def _gone(self, difference: Difference, environment: str) -> list[str]:
        return [*difference.gone.get(environment, ()), *(() if self.policies else difference.gone.get(SHARED, ()))]

    def _split(self, every: Mapping[str, Object]) -> tuple[list[Object], list[Object]]:
        """The policies and the objects that they judge."""
        own = [data for data in every.values() if group(data).endswith("gatekeeper.sh")]
        others = [data for data in every.values() if not group(data).endswith("gatekeeper.sh")]
        return [*self.policies] or own, others

    def _together(self, policies: Sequence[Object], changed: Mapping[str, Sequence[Object]]) -> dict[str, set[Said]]:
        """All cases in one process, which is halved where gator refuses the whole of it because of one object."""
        some = {case: objects for case, objects in changed.items() if objects}
        if not some:
            return {}
        names = list(some)
        marked = [_marked(data, str(at)) for at, case in enumerate(names) for data in some[case]]
        violations, error = self._run(policies, marked)
        if error and len(some) == 1:
            return {case: {Said("", line) for line in error.split("\n")} for case in some}
        if error:
            half = len(names) // 2
            parts = ({name: some[name] for name in part} for part in (names[:half], names[half:]))
            return {case: said for part in parts for case, said in self._together(policies, part).items()}
        found: dict[str, set[Said]] = {}
        for one in violations:
            if group(one["violatingObject"]).endswith("gatekeeper.sh"):
                continue  # a template of the library is no object of a case
            number = int(one["violatingObject"]["metadata"]["annotations"][_CASE])
            found.setdefault(names[number], set()).add(_as_said(one))
        return found

    def _said(self, policies: Sequence[Object], objects: Sequence[Object]) -> set[Said]:
        violations, error = self._run(policies, [*objects, *self.more])
        return {_as_said(one) for one in violations} | {Said("", line) for line in error.split("\n") if line}

    def _run(self, policies: Sequence[Object], objects: Iterable[Object]) -> tuple[list[Violation], str]:
        folder = written({f"{at:05}": one for at, one in enumerate([*policies, *objects])}, self.work)
        done = run(str(self.program), "test", "-f", str(folder), "-o", "json")
        if not done.stdout.strip():
            return [], done.stderr.strip()
        return json.loads(done.stdout) or [], ""


def _as_said(one: Violation) -> Said:
    return Said(title(one["violatingObject"]), f"{one['constraint']['kind']}: {one['msg']}")


def _kind(data: Object) -> str:
    return str(data.get("kind"))


def _kinds(new: Mapping[str, Object], gone: Iterable[str]) -> set[str]:
    return {_kind(data) for data in new.values()} | {key.split(" ")[1].partition(".")[0] for key in gone}


def _by_inventory(policies: Sequence[Object]) -> tuple[list[Object], list[Object]]:
    """Templates and constraints that compare objects, and the others; what is neither belongs to both."""
    templates = [one for one in policies if _kind(one) == "ConstraintTemplate"]
    comparing = {
        one["spec"]["crd"]["spec"]["names"]["kind"]
        for one in templates
        if _INVENTORY in (one["metadata"].get("annotations") or {})
    }
    first, second = [], []
    for one in policies:
        kind = one["spec"]["crd"]["spec"]["names"]["kind"] if _kind(one) == "ConstraintTemplate" else _kind(one)
        judges = one in templates or group(one) == "constraints.gatekeeper.sh"
        if kind in comparing or not judges:
            first.append(one)
        if kind not in comparing:
            second.append(one)
    return first, second


def _marked(data: Object, case: str) -> Object:
    """With the number of its case, which gator gives back, also on the Pods that it makes of workloads."""
    found: dict[str, Any] = copy.deepcopy(dict(data))
    for place in (found, _at(found, "spec", "template"), _at(found, "spec", "jobTemplate", "spec", "template")):
        if isinstance(place, dict) and isinstance(place.setdefault("metadata", {}), dict):
            notes = place["metadata"].get("annotations")
            place["metadata"]["annotations"] = {**(notes if isinstance(notes, dict) else {}), _CASE: case}
    return found


def _at(data: Any, *path: str) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def library(folder: Path) -> list[Object]:
    """Templates of gatekeeper-library, a constraint for each, and what makes Pods of workloads."""
    found: list[Object] = [EXPANSION]
    for name, parameters in POLICIES.items():
        template = yaml.safe_load((folder / name / "template.yaml").read_text())
        spec: dict[str, Any] = {"parameters": parameters} if parameters else {}
        if name.startswith("pod-security-policy/") or name in _OF_PODS:
            spec["match"] = {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}
        if name == "general/requiredlabels":
            spec["match"] = {"kinds": [{"apiGroups": ["*"], "kinds": _LABELLED}]}
        constraint = {
            "apiVersion": "constraints.gatekeeper.sh/v1beta1",
            "kind": template["spec"]["crd"]["spec"]["names"]["kind"],
            "metadata": {"name": name.rpartition("/")[2]},
            "spec": spec,
        }
        found += [template, constraint]
    return found


POLICIES: dict[str, Object] = {
    "general/containerlimits": {"cpu": "8", "memory": "64Gi"},
    "general/containerrequests": {"cpu": "8", "memory": "64Gi"},
    "general/containerresourceratios": {"ratio": "20", "cpuRatio": "20"},
    "general/disallowedtags": {"tags": ["latest", "master", "main"]},
    "general/requiredprobes": {"probes": ["readinessProbe"], "probeTypes": ["tcpSocket", "httpGet", "exec"]},
    "general/allowedrepos": {
        "repos": [
            "grafana/",
            "oliver006/",
            "redis:",
            "ghcr.io/",
            "quay.io/",
            "registry.example.com/",
            "registry.k8s.io/",
        ],
    },
    "general/automount-serviceaccount-token": {},
    "general/externalip": {"allowedIPs": []},
    "general/horizontalpodautoscaler": {
        "minimumReplicaSpread": 1,
        "enforceScaleTargetRef": True,
        "ranges": [{"min_replicas": 1, "max_replicas": 50}],
    },
    "general/poddisruptionbudget": {},
    "general/storageclass": {"includeStorageClassesInMessage": True},
    "general/uniqueingresshost": {},
    "general/uniqueserviceselector": {},
    "general/httpsonly": {},
    "general/block-wildcard-ingress": {},
    "general/block-nodeport-services": {},
    "general/disallowanonymous": {"allowedRoles": []},
    "general/requiredlabels": {"labels": [{"key": "app.kubernetes.io/name"}, {"key": "environment"}]},
    "general/verifydeprecatedapi": {
        "kvs": [
            {
                "deprecatedAPI": "autoscaling/v2beta2",
                "kinds": ["HorizontalPodAutoscaler"],
                "targetAPI": "autoscaling/v2",
            },
            {"deprecatedAPI": "policy/v1beta1", "kinds": ["PodDisruptionBudget"], "targetAPI": "policy/v1"},
        ],
        "k8sVersion": 1.26,
    },
    "pod-security-policy/read-only-root-filesystem": {},
    "pod-security-policy/allow-privilege-escalation": {},
    "pod-security-policy/capabilities": {"requiredDropCapabilities": ["ALL"]},
    "pod-security-policy/host-network-ports": {"hostNetwork": False},
    "pod-security-policy/host-namespaces": {},
    "pod-security-policy/host-filesystem": {"allowedHostPaths": []},
    "pod-security-policy/privileged-containers": {},
    "pod-security-policy/forbidden-sysctls": {"forbiddenSysctls": ["*"]},
}
_OF_PODS = frozenset(
    f"general/{name}"
    for name in (
        "allowedrepos",
        "automount-serviceaccount-token",
        "containerlimits",
        "containerrequests",
        "containerresourceratios",
        "disallowedtags",
        "requiredprobes",
    )
)
_LABELLED = ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job", "Service", "Ingress", "PrometheusRule"]
EXPANSION: Object = {
    "apiVersion": "expansion.gatekeeper.sh/v1beta1",
    "kind": "ExpansionTemplate",
    "metadata": {"name": "pods"},
    "spec": {
        "applyTo": [
            {"groups": ["apps"], "kinds": ["DaemonSet", "Deployment", "StatefulSet"], "versions": ["v1"]},
            {"groups": ["batch"], "kinds": ["Job"], "versions": ["v1"]},
        ],
        "templateSource": "spec.template",
        "generatedGVK": {"kind": "Pod", "group": "", "version": "v1"},
    },
}
