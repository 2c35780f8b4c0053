"""One Application renders one object more than once.

Argo CD keeps the last and sets the condition RepeatedResourceWarning; which one is last is an accident of file
names.

Bad:

    kind: ConfigMap
    metadata: {name: settings}
    ---
    kind: ConfigMap
    metadata: {name: settings}

Good:

    kind: ConfigMap
    metadata: {name: settings}
"""

from __future__ import annotations

from presync.base.finding import Severity

ID = "ARG021"
NAME = "resource-repeated"
SEVERITY = Severity.WARNING
KINDS = ("resource-repeated",)
