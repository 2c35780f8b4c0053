"""An object that needs a namespace gets none: neither its manifest nor the Application's destination has one.

Argo CD sets the condition InvalidSpecError.

Bad:

    destination:
      server: https://kubernetes.default.svc

Good:

    destination:
      server: https://kubernetes.default.svc
      namespace: redis-dev
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG018"
NAME = "namespace-missing"
SEVERITY = Severity.ERROR
KINDS = ("namespace-missing",)
