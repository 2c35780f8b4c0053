"""An ApplicationSet takes the project of its Applications from a parameter.

Whoever may write to what the generator reads then chooses the project, and with it what an Application may do
(https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Security/).

Bad:

    template:
      spec:
        project: "{{ .team }}"

Good:

    template:
      spec:
        project: dev
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG061"
NAME = "project-templated"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every set whose project is a template."""
    for expansion in platform.expansions:
        template = _below(expansion.manifest.data, "spec", "template", "spec", "project")
        if "{{" in str(template or ""):
            yield Match(
                f"the project is {template}: files that a generator reads choose it",
                "Write the project out; make one ApplicationSet for each.",
                location=expansion.manifest.location,
                resource_name=f"ApplicationSet {expansion.manifest.name}",
                field="spec.template.spec.project",
            )


def _below(data: Any, *path: str) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data
