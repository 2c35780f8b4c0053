"""An autoscaler scales something that is not there.

Bad:

    kind: HorizontalPodAutoscaler
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: feast-api}

Good:

    kind: HorizontalPodAutoscaler
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: feast}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.references import resolver
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF009"
NAME = "scale-target-missing"
SEVERITY = Severity.ERROR

_AUTOSCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})


def check(platform: Platform) -> Iterator[Match]:
    """Every reference of an autoscaler, whatever the kind of its target."""
    wanted = {reference.kind for reference in resolver(platform).references if reference.resource.kind in _AUTOSCALERS}
    for match in unresolved(platform, *sorted(wanted)):
        if match.resource is not None and match.resource.kind in _AUTOSCALERS:
            yield match
