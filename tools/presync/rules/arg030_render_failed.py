"""An Application does not render; Argo CD would fail on it too.

The reason is the one Argo CD, Helm or Kustomize gives. Until it is corrected the Application is ComparisonError and
what runs stays as it is.

Bad:

    replicas: {{ .Values.replicas.count }}  # .Values.replicas is a number

Good:

    replicas: {{ .Values.replicas }}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG030"
NAME = "render-failed"
SEVERITY = Severity.ERROR
KINDS = ("render-failed",)
