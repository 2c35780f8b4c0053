"""A quantity is not one.

Bad:

    resources:
      limits: {cpu: 1 core, memory: 512MB}

Good:

    resources:
      limits: {cpu: "1", memory: 512Mi}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S012"
NAME = "quantity-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.QUANTITY)
