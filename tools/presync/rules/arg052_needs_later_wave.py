"""An object that has to become healthy needs one that the same sync applies only afterwards.

Argo CD waits for a wave to be healthy before it goes on with the next, and for a hook to end. A Pod that mounts a
ConfigMap of a later wave, or a PreSync Job that uses a ServiceAccount which is no hook, waits for what waits for it:
the first sync never ends. Helm hooks are Argo CD's hooks here: pre-install and pre-upgrade are PreSync.

Bad:

    kind: Job
    metadata: {annotations: {argocd.argoproj.io/hook: PreSync}}
    spec: {template: {spec: {serviceAccountName: migrate}}}
    ---
    kind: ServiceAccount
    metadata: {name: migrate}

Good:

    kind: ServiceAccount
    metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/sync-wave: "-1"}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.references import resolver
from presync.platform.references.resolve import Outcome
from presync.platform.workloads import GROUPS
from presync.rules.model import Match
from presync.rules.phases import PHASES, first

ID = "ARG052"
NAME = "needs-later-wave"
SEVERITY = Severity.ERROR
_WAVE = "argocd.argoproj.io/sync-wave"
_MOUNTED = ("ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim")
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "ReplicaSet", "Rollout"})


def check(platform: Platform) -> Iterator[Match]:
    """Every reference of a Pod to an object of the same Application."""
    known = resolver(platform)
    for reference in known.of_kind(*_MOUNTED):
        resource = reference.resource
        if reference.optional or resource.kind not in _WORKLOADS or resource.group not in GROUPS:
            continue
        resolution = known.resolve(reference)
        if resolution.outcome is not Outcome.FOUND or not resolution.producers:
            continue
        when = first(resource)
        made = [first(one.resource) for one in resolution.producers if one.entry is reference.entry]
        if when is None or len(made) < len(resolution.producers) or not made:
            continue  # another Application makes it, at any time
        earliest = min((one for one in made if one is not None), default=None)
        if earliest is None or earliest <= when:
            continue
        producer = next(one for one in resolution.producers if first(one.resource) == earliest)
        # Who gave it a wave decided so; without one it is who asks too early.
        late = _WAVE in producer.resource.annotations
        yield Match(
            f"{resource.kind} {resource.name} ({_when(when)}) needs {reference.kind} {reference.name}, "
            f"which is applied only afterwards ({_when(earliest)})",
            f"Give {reference.kind} {reference.name} the same hook and an earlier wave.",
            reference.entry,
            producer.resource if late else resource,
            ("metadata", "annotations", _WAVE) if late else reference.path,
            cause=f"{reference.entry.name} {reference.kind} {reference.name}" if late else "",
            key=f"{reference.kind} {reference.name}",
        )


def _when(moment: tuple[int, int]) -> str:
    return f"{PHASES[moment[0]]}, wave {moment[1]}"
