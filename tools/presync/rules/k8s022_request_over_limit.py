"""A container requests more than its limit.

Bad:

    resources:
      requests: {memory: 2Gi}
      limits: {memory: 1Gi}

Good:

    resources:
      requests: {memory: 1Gi}
      limits: {memory: 1Gi}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S022"
NAME = "request-over-limit"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.RESOURCES)
