"""A template uses a function whose value is another one each time.

The controller fills in the template at every reconciliation, so the Application changes and syncs without end.

Bad:

    template:
      metadata:
        name: "app-{{ randAlphaNum 5 | lower }}"

Good:

    template:
      metadata:
        name: "app-{{ .name }}"
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG007"
NAME = "applicationset-random"
SEVERITY = Severity.WARNING
KINDS = ("applicationset-random",)
