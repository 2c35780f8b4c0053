"""A Pod template in a ConfigMap is not a Pod that the API server would take.

Airflow's KubernetesExecutor starts every task from such a file. It drops fields it does not know without a word, so
a misspelt mount is no mount; and what the API server refuses is refused at the first task, not at the sync.

Bad:

    data:
      pod_template_file.yaml: |
        apiVersion: v1
        kind: Pod
        spec:
          containers:
            - name: base
              volumeMountz: [{name: contract, mountPath: /opt/airflow/feature-store}]

Good:

    data:
      pod_template_file.yaml: |
        apiVersion: v1
        kind: Pod
        spec:
          containers:
            - name: base
              volumeMounts: [{name: contract, mountPath: /opt/airflow/feature-store}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.platform import validation
from presync.platform.model import Platform
from presync.platform.schemas.lookup import Schemas, schemas
from presync.platform.templates import Object, pod_templates
from presync.platform.violation import Category, Violation
from presync.provenance.influence import get
from presync.render.model import Resource
from presync.rules.model import Match

ID = "K8S023"
NAME = "pod-template-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every template against the schemas of every version and the checks of a Pod."""
    known = schemas(platform)
    if not known.versions:
        return  # a rule of its own says so
    for entry, resource in platform.resources():
        if resource.group or not is_applied(resource.annotations):
            continue
        for template in pod_templates(resource.data, resource.kind):
            for problem in _problems(known, resource, _named(template.pod)):
                yield Match(
                    f"the Pod in {template.key}: {problem.message}",
                    problem.remedy,
                    entry,
                    resource,
                    ("data", template.key, *problem.path),
                    quote=_quote(template.pod, problem),
                )


def _quote(pod: Object, problem: Violation) -> str:
    """What stands in the line: the value, where there is one that says something, else the name of the field."""
    value = get(pod, problem.path)
    if isinstance(value, str) and value and problem.category is not Category.UNKNOWN:
        return value
    return str(problem.path[-1]) if problem.path else ""


def _named(pod: Object) -> Object:
    """With a name: who starts it gives it one."""
    metadata = pod.get("metadata")
    return {**pod, "metadata": {"name": "template", **(metadata if isinstance(metadata, Mapping) else {})}}


def _problems(known: Schemas, resource: Resource, pod: Object) -> Iterator[Violation]:
    one = replace(resource, data=pod)
    told: dict[tuple[str | int, ...], Violation] = {}
    for version in known.versions:
        for problem in known.check_built_in(version, one, False) or ():
            told.setdefault(problem.path, problem)
    yield from told.values()
    lowest = min(int(version.version.partition(".")[2]) for version in known.versions)
    for problem in validation.violations(pod, "", "Pod", lowest):
        # The image may come from Airflow's settings.
        image = problem.category is Category.REQUIRED and problem.path[-1:] == ("image",)
        if not image and not any(problem.path[:length] in told for length in range(1, len(problem.path) + 1)):
            yield problem
