"""A render was stopped because it took too long or too much memory.

A template that loops, or recurses without end. presync cannot tell what Argo CD would make of it; it has bounds of
its own.

Bad:

    {{- define "again" }}{{ include "again" . }}{{ end -}}

Good:

    {{- define "once" }}{{ .Values.name }}{{ end -}}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG031"
NAME = "render-bound"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("render-bound",)
