"""A number or a size is too small or too large.

Ports run from 1 to 65535, counts are not negative, a ConfigMap holds at most one MiB, and so on.

Bad:

    ports:
      - containerPort: 80800

Good:

    ports:
      - containerPort: 8080
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S011"
NAME = "number-out-of-range"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.RANGE)
