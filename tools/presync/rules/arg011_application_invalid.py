"""The spec of an Application is invalid whatever its project allows.

Argo CD sets the condition InvalidSpecError and neither compares nor syncs the Application.

Bad:

    destination:
      server: https://kubernetes.default.svc
      name: in-cluster

Good:

    destination:
      server: https://kubernetes.default.svc
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG011"
NAME = "application-invalid"
SEVERITY = Severity.ERROR
KINDS = ("application-invalid",)
