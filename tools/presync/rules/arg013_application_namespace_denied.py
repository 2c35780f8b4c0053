"""An Application lives in a namespace from which its project may not be used.

Applications outside Argo CD's own namespace need their namespace in the project's `sourceNamespaces`.

Bad:

    # AppProject
    sourceNamespaces: [team-a]
    # Application
    metadata: {namespace: team-b}

Good:

    # AppProject
    sourceNamespaces: [team-a, team-b]
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG013"
NAME = "application-namespace-denied"
SEVERITY = Severity.ERROR
KINDS = ("application-namespace-denied",)
