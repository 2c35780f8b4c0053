"""Two entries of a list that must differ do not.

Containers, volumes and ports by name, mounts by path, Service ports by number. With ServerSideApply=true also
variables by name and container ports by number, which otherwise the last one would win.

Bad:

    env:
      - {name: LOG_LEVEL, value: info}
      - {name: LOG_LEVEL, value: debug}

Good:

    env:
      - {name: LOG_LEVEL, value: debug}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S017"
NAME = "duplicate-entry"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.DUPLICATE)
