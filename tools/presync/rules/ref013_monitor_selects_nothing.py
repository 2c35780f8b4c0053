"""A ServiceMonitor or PodMonitor selects nothing that is rendered.

No target appears, and no alert says so.

Bad:

    kind: ServiceMonitor
    spec:
      selector:
        matchLabels: {app: redis-metrics}

Good:

    kind: ServiceMonitor
    spec:
      selector:
        matchLabels: {app.kubernetes.io/name: redis}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.model import Match
from presync.rules.monitors import monitors
from presync.rules.references import selects_nothing

ID = "REF013"
NAME = "monitor-selects-nothing"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every monitor without a target."""
    for found in monitors(platform):
        if found.targets:
            continue
        message, severity = selects_nothing(f"no {found.what} has the labels it selects", found.maker, found.what)
        remedy = f"Compare the labels of the {found.what}s and spec.namespaceSelector."
        selector = ("spec", "selector")
        path = (*selector, "matchLabels", found.odd) if found.odd else selector
        quote = str(obj(found.resource.data, *path[:-1]).get(found.odd) or "") if found.odd else ""
        yield Match(message, remedy, found.entry, found.resource, path, severity=severity, quote=quote)
