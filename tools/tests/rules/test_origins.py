"""Which line decides a field of an Application."""

from __future__ import annotations

import pytest

from presync.base.finding import Location
from presync.rules import origins

from .support import platform

SET = """\
kind: ApplicationSet
spec:
  template:
    spec:
      destination: {namespace: x}
  templatePatch: |
    spec:
      {{- if kindIs "map" .chart }}
      sources:
        - repoURL: {{ .chart.repoURL }}
          targetRevision: {{ .chart.version }}
        - repoURL: https://git.example.com/values.git
          targetRevision: main
      {{- else }}
      source:
        targetRevision: v1.2.3
        helm:
          valueFiles:
            - globals.yaml
            - https://config.example.com/values.yaml
      {{- end }}
"""
SOURCE = {
    "targetRevision": "v1.2.3",
    "helm": {"valueFiles": ["globals.yaml", "https://config.example.com/values.yaml"]},
}


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("spec.source.targetRevision", 16),
        ("spec.source.helm.valueFiles", 18),
        ("spec.source.helm.valueFiles[1]", 20),
        ("spec.source.helm.parameters", 17),
        ("spec.destination.namespace", 5),
        ("spec.syncPolicy.syncOptions", 4),
    ],
)
def test_a_field_of_a_template_patch(field: str, line: int) -> None:
    case = {"files": {"apps/app.yaml": SET}, "application": {"set": "dev", "spec": {"source": SOURCE}}}
    known = platform(case)
    found = origins.of_field(known, known.entries[0], field)
    assert (found.file, found.line) == ("apps/app.yaml", line)


def test_the_namespace_of_the_application_itself() -> None:
    text = "kind: Application\nmetadata:\n  name: app-dev\n  namespace: team-a\n"
    known = platform({"files": {"apps/app.yaml": text}, "application": {"in": "team-a"}})
    assert origins.of_field(known, known.entries[0], "metadata.namespace") == Location("apps/app.yaml", 4, 3)
