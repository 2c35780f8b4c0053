"""Git sets the replicas of a workload that an autoscaler scales, and Argo CD heals what differs from git.

The autoscaler scales up, Argo CD scales down, for ever.

Bad:

    kind: Deployment
    spec: {replicas: 2}
    # beside a HorizontalPodAutoscaler, in an Application with selfHeal

Good:

    kind: Deployment
    spec: {}   # no replicas: the autoscaler decides
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Match

ID = "ARG053"
NAME = "autoscaler-fights-sync"
SEVERITY = Severity.ERROR
_SCALERS = (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject"))


def check(platform: Platform) -> Iterator[Match]:
    """Every target of an autoscaler that is synced automatically."""
    known = index(platform)
    for group, kind in _SCALERS:
        for entry, scaler in known.of_kind(group, kind):
            spec = scaler.data.get("spec")
            target = spec.get("scaleTargetRef") if isinstance(spec, Mapping) else None
            if not isinstance(spec, Mapping) or not isinstance(target, Mapping):
                continue
            wanted = (str(target.get("kind") or "Deployment"), str(target.get("name")))
            cluster = entry.application.destination.cluster
            for owner, workload in known.named(cluster, scaler.namespace, *wanted):
                own = workload.data.get("spec")
                if not isinstance(own, Mapping) or own.get("replicas") is None or not _heals(owner):
                    continue
                if _only(scaler.data["spec"]) == own["replicas"]:
                    continue  # both want the same number, always
                if not _ignored(owner, workload):
                    yield Match(
                        f"{scaler.kind} {scaler.name} scales it, and git says replicas: {own['replicas']}, "
                        "which self-healing brings back",
                        "Leave replicas out where an autoscaler decides, or list /spec/replicas under "
                        "ignoreDifferences together with RespectIgnoreDifferences=true.",
                        owner,
                        workload,
                        ("spec", "replicas"),
                    )


def _only(spec: Mapping[str, Any]) -> Any:
    """The one number of replicas that an autoscaler may choose; None where it has a choice, or scales to zero."""
    least, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
    return most if least == most else None


def _heals(entry: Entry) -> bool:
    automated = entry.application.sync_policy.get("automated")
    return (
        isinstance(automated, Mapping) and automated.get("selfHeal") is True and automated.get("enabled") is not False
    )


def _ignored(entry: Entry, workload: Resource) -> bool:
    rules = entry.application.spec.get("ignoreDifferences")
    return any(_covers(rule, workload) for rule in (rules if isinstance(rules, list) else ()))


def _covers(rule: Any, workload: Resource) -> bool:
    if not isinstance(rule, Mapping):
        return False
    for key, own in (("group", workload.group), ("kind", workload.kind)):
        if not fnmatch.fnmatchcase(own, str(rule.get(key) or ("*" if key == "group" and "group" not in rule else ""))):
            return False
    for key, own in (("name", workload.name), ("namespace", workload.namespace)):
        if rule.get(key) and rule[key] != own:
            return False
    pointers = [str(one) for one in rule.get("jsonPointers") or ()]
    expressions = [str(one).replace(" ", "") for one in rule.get("jqPathExpressions") or ()]
    managers = [str(one) for one in rule.get("managedFieldsManagers") or ()]
    return "/spec/replicas" in pointers or ".spec.replicas" in expressions or "kube-controller-manager" in managers
