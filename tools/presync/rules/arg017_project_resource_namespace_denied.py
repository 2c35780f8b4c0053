"""An object goes into a namespace that the project does not permit.

The destination of the Application may be allowed while a manifest names another namespace; Argo CD sees that only
when it syncs.

Bad:

    kind: RoleBinding
    metadata:
      name: metrics
      namespace: kube-system  # the project permits *-dev only

Good:

    kind: RoleBinding
    metadata:
      name: metrics
      namespace: monitoring-dev
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG017"
NAME = "project-resource-namespace-denied"
SEVERITY = Severity.ERROR
KINDS = ("project-resource-namespace-denied",)
