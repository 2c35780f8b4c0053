"""The project does not permit a kind that an Application renders.

Argo CD judges kinds only when it syncs, so everything looks fine until then. Cluster-scoped kinds are all refused
unless `clusterResourceWhitelist` names them; with CreateNamespace=true the Namespace itself must be allowed too.

Bad:

    # the Application renders a ClusterRole
    clusterResourceWhitelist: []

Good:

    clusterResourceWhitelist:
      - group: rbac.authorization.k8s.io
        kind: ClusterRole
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG016"
NAME = "project-kind-denied"
SEVERITY = Severity.ERROR
KINDS = ("project-kind-denied",)
