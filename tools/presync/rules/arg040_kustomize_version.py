"""A source asks for a Kustomize of its own version, which presync does not have.

Argo CD refuses it too, unless argocd-cm registers a program for that version.

Bad:

    kustomize: {version: v5.4.0}

Good:

    kustomize: {}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG040"
NAME = "kustomize-version"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("kustomize-version",)
