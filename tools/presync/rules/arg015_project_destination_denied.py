"""The project does not permit the cluster and namespace an Application deploys to.

Argo CD sets the condition InvalidSpecError and does not sync.

Bad:

    # AppProject platform-dev
    destinations:
      - server: https://kubernetes.default.svc
        namespace: "*-dev"
    # Application
    destination:
      server: https://kubernetes.default.svc
      namespace: redis-prod

Good:

    destination:
      server: https://kubernetes.default.svc
      namespace: redis-dev
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG015"
NAME = "project-destination-denied"
SEVERITY = Severity.ERROR
KINDS = ("project-destination-denied",)
