"""Airflow's scheduler, its DAG processor and the Pods of its tasks do not see the same files.

A DAG is parsed in one Pod and runs in another. A ConfigMap or Secret that only some of them mount works where it is
tried and breaks in the task; so does a variable that only some have. Compared are the containers of one Application
that run `airflow scheduler`, `airflow dag-processor` or `airflow celery worker`, and the first container of the Pod
template from which the KubernetesExecutor starts tasks. Variables taken from Secrets, and Airflow's own settings
(`AIRFLOW__…`), may differ: a task needs no database. What only the task lacks is an error; what only the others lack,
and a variable that differs, is a warning.

Bad:

    # the scheduler
    volumeMounts:
      - {name: contract, mountPath: /opt/airflow/feature-store}
    # pod_template_file.yaml
    volumeMounts: []

Good:

    # the scheduler
    volumeMounts:
      - {name: contract, mountPath: /opt/airflow/feature-store}
    # pod_template_file.yaml
    volumeMounts:
      - {name: contract, mountPath: /opt/airflow/feature-store}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.platform.templates import pod_templates
from presync.platform.validation.access import Object, items, obj, text
from presync.platform.workloads import GROUPS, pod_specs
from presync.render.model import Resource
from presync.rules.model import Match, Path

ID = "CON010"
NAME = "airflow-pods-differ"
SEVERITY = Severity.ERROR

_RUNS = re.compile(r"\bairflow (scheduler|dag-processor|celery worker)\b")
_SOURCES = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}
_TASK = "task Pod"

# What is mounted: ConfigMap or Secret, its name, where, and which file of it.
_Mount = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Runner:
    """A container that parses or runs tasks."""

    role: str
    resource: Resource
    path: Path
    mounts: frozenset[_Mount]
    variables: dict[str, str] = field(hash=False)
    positions: dict[str, int] = field(hash=False)  # where each stands in ``env``

    def __str__(self) -> str:
        return f"the {self.role} ({self.resource.kind} {self.resource.name})"


def check(platform: Platform) -> Iterator[Match]:
    """The runners of every namespace of every Application, each compared with what the others have."""
    for entry in platform.entries:
        groups: dict[str, list[_Runner]] = {}
        for resource in entry.rendered.resources:
            if resource.group in GROUPS and is_applied(resource.annotations):
                for runner in _runners(resource):
                    groups.setdefault(resource.namespace, []).append(runner)
        for group in groups.values():
            if any(one.role == _TASK for one in group):
                yield from _compare(entry, group)


def _compare(entry: Entry, group: list[_Runner]) -> Iterator[Match]:
    templates = {one.resource.name for one in group if one.role == _TASK}
    mounts = {one: None for runner in group for one in sorted(runner.mounts)}
    variables = {name: None for runner in group for name in runner.variables}
    for mount in mounts:
        kind, name, where, file = mount
        if kind == "ConfigMap" and name in templates:
            continue  # whoever starts Pods reads the template, and nobody else
        having = next(one for one in group if mount in one.mounts)
        for runner in group:
            if mount not in runner.mounts:
                yield Match(
                    f"{runner} does not mount {kind} {name} at {where}{f' (file {file})' if file else ''}, and "
                    f"{having} does: what works there fails here",
                    "Mount it in all of scheduler, DAG processor and task Pods.",
                    entry,
                    runner.resource,
                    (*runner.path, "volumeMounts"),
                    severity=None if runner.role == _TASK else Severity.WARNING,
                    key=f"{kind} {name} {where}",
                )
    for name in variables:
        having = next(one for one in group if name in one.variables)
        value = having.variables[name]
        alone = len(group) > 2 and sum(name in one.variables for one in group) == 1
        for runner in group:
            if runner.variables.get(name) != value:
                # What one of them alone has is to be moved from there; else the one without it is to be completed.
                place, path = (having, _variable(having, name)) if alone else (runner, _variable(runner, name))
                yield Match(
                    f"{runner} has {_shown(runner, name)}, and {having} has {_shown(having, name)}",
                    "Set it alike for scheduler, DAG processor and task Pods.",
                    entry,
                    place.resource,
                    path,
                    severity=Severity.WARNING,
                    key=name,
                )


def _variable(runner: _Runner, name: str) -> Path:
    path = (*runner.path, "env")
    return (*path, runner.positions[name], "value") if name in runner.variables else path


def _shown(runner: _Runner, name: str) -> str:
    return f"{name}={runner.variables[name]}" if name in runner.variables else f"no variable {name}"


def _runners(resource: Resource) -> Iterator[_Runner]:
    templates = {template.key for template in pod_templates(resource.data, resource.kind)}
    for pod in pod_specs(resource.data, resource.kind):
        for index, container in items(pod.spec, "containers"):
            template = resource.kind == "ConfigMap" and pod.path[1] in templates
            role = (_TASK if index == 0 else "") if template else _role(container)
            if role:
                path = (*pod.path, "containers", index)
                positions = {text(one, "name"): at for at, one in items(container, "env")}
                yield _Runner(role, resource, path, _mounts(pod.spec, container), _variables(container), positions)


def _role(container: Object) -> str:
    words = [str(one) for name in ("command", "args") for one in container.get(name) or () if isinstance(one, str)]
    match = _RUNS.search(" ".join(words))
    return match[1] if match else ""


def _mounts(spec: Object, container: Object) -> frozenset[_Mount]:
    volumes = {text(volume, "name"): volume for _, volume in items(spec, "volumes")}
    found: set[_Mount] = set()
    for _, mount in items(container, "volumeMounts"):
        volume = volumes.get(text(mount, "name"), {})
        where = text(mount, "mountPath").rstrip("/")
        for source, (kind, named) in _SOURCES.items():
            if text(obj(volume, source), named):
                found.add((kind, text(obj(volume, source), named), where, text(mount, "subPath")))
        for _, part in items(obj(volume, "projected"), "sources"):
            for source, (kind, _named) in _SOURCES.items():
                if text(obj(part, source), "name"):
                    found.add((kind, text(obj(part, source), "name"), where, text(mount, "subPath")))
    return frozenset(found)


def _variables(container: Object) -> dict[str, str]:
    """Plain values by name; Airflow's own settings are each component's own."""
    return {
        text(one, "name"): text(one, "value")
        for _, one in items(container, "env")
        if text(one, "value") and not text(one, "name").startswith("AIRFLOW__")
    }
