"""A chart asks for something that Helm 3.19, which Argo CD 3.3 and 3.4 run, answers otherwise than Helm 4.

presync renders with Helm 4 and does for the older one what it can (see docs/fidelity.md). The version of Helm, fields
of .Chart that do not exist, and .Chart as a map are not among it.

With `argocd: "3.4"` in presync.yaml:

Bad:

    helm: {{ .Capabilities.HelmVersion.Version }}

Good:

    helm: {{ .Values.helmVersion }}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "HLM009"
NAME = "helm-version"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("helm-version",)
