"""An AppProject permits everything of a kind with `*`, and its Applications need less.

A project is the fence between teams and environments; one that permits everything is none.

Bad:

    kind: AppProject
    spec:
      sourceRepos: ["*"]
      destinations: [{server: "*", namespace: "*"}]

Good:

    kind: AppProject
    spec:
      sourceRepos: [https://git.example.com/platform.git]
      destinations: [{server: https://kubernetes.default.svc, namespace: "*-dev"}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Entry, Platform
from presync.rules.model import Match

ID = "ARG056"
NAME = "project-wide-open"
SEVERITY = Severity.WARNING
_SHOWN = 5
_UNUSED = "No Application belongs to it."


def check(platform: Platform) -> Iterator[Match]:
    """Every wildcard of a project, with what is really used."""
    for project in platform.projects:
        entries = [entry for entry in platform.entries if entry.application.project == project.name]
        spec = project.data.get("spec")
        if not isinstance(spec, Mapping) or any(
            entry.rendered.unavailable or entry.rendered.error for entry in entries
        ):
            continue
        for field, used in _open(spec, entries):
            yield Match(
                f"AppProject {project.name} permits every {field[1]}",
                f"Its Applications use: {_few(used)}."
                if used
                else "Its Applications use none."
                if entries
                else _UNUSED,
                location=project.location,
                resource_name=f"AppProject {project.name}",
                field=f"spec.{field[0]}",
                key=field[0],
            )


def _open(spec: Mapping[str, Any], entries: list[Entry]) -> Iterator[tuple[tuple[str, str], set[str]]]:
    if any(one in ("*", "**") for one in spec.get("sourceRepos") or ()):
        yield ("sourceRepos", "repository"), {one.repo_url for entry in entries for one in entry.application.sources}
    for destination in spec.get("destinations") or ():
        if isinstance(destination, Mapping) and destination.get("namespace") == "*":
            namespaces = {entry.application.destination.namespace for entry in entries}
            yield ("destinations", "namespace"), namespaces
            break
    cluster = spec.get("clusterResourceWhitelist")
    if isinstance(cluster, list) and any(_everything(one) for one in cluster):
        kinds = {one.kind for entry in entries for one in entry.rendered.resources if not one.namespace}
        yield ("clusterResourceWhitelist", "cluster-scoped kind"), kinds


def _everything(rule: Any) -> bool:
    return isinstance(rule, Mapping) and rule.get("group") == "*" and rule.get("kind") == "*" and not rule.get("name")


def _few(used: set[str]) -> str:
    names = sorted(used)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
