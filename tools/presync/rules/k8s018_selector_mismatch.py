"""The selector of a workload does not match the labels of its own template, or is empty.

The API server refuses it. Selectors cannot be changed later, so labels that vary do not belong there.

Bad:

    selector:
      matchLabels: {app: redis}
    template:
      metadata:
        labels: {app: redis-master}

Good:

    selector:
      matchLabels: {app: redis}
    template:
      metadata:
        labels: {app: redis}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S018"
NAME = "selector-mismatch"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.SELECTOR)
