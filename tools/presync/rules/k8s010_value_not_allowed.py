"""A field has a value that is not one of those there are.

Bad:

    imagePullPolicy: always

Good:

    imagePullPolicy: Always
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S010"
NAME = "value-not-allowed"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.ENUM)
