"""Fields that do not go together.

Bad:

    strategy:
      type: Recreate
      rollingUpdate: {maxSurge: 1}

Good:

    strategy:
      type: Recreate
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S016"
NAME = "fields-conflict"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.CONFLICT)
