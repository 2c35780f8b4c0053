"""An Application does not render; Argo CD would fail on it too.

The reason is the one Argo CD, Helm or Kustomize gives. Until it is corrected the Application is ComparisonError and
what runs stays as it is.

Bad:

    replicas: {{ .Values.replicas.count }}  # .Values.replicas is a number

Good:

    replicas: {{ .Values.replicas }}
"""

from __future__ import annotations

import re
from dataclasses import replace

from presync.base.finding import Problem, Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG030"
NAME = "render-failed"
SEVERITY = Severity.ERROR
KINDS = ("render-failed",)
_NO_HELM = re.compile(r"HelmChartInflationGenerator.*must specify --enable-helm", re.DOTALL)
_NAME = re.compile(r"^name: (?P<name>\S+)$", re.MULTILINE)


def refine(_: Platform, problem: Problem, match: Match) -> Match:
    """A chart inside a kustomization depends on a setting of Argo CD's; all that need it are one finding."""
    if not _NO_HELM.search(problem.message):
        return match
    chart = _NAME.search(problem.message)
    return replace(
        match,
        message=f"its kustomization takes in the Helm chart {chart['name'] if chart else '(unnamed)'}, which Kustomize "
        "refuses: must specify --enable-helm",
        remedy="Make the chart a source of the Application. Where argocd-cm says kustomize.buildOptions: "
        "--enable-helm, list the source under `externals:` in presync.yaml: presync does not render it.",
        cause="kustomize --enable-helm",
    )
