"""A PriorityClass that is neither rendered nor declared.

The API server refuses Pods of a class that does not exist. Declare classes of the cluster under `objects:` in
presync.yaml.

Bad:

    priorityClassName: hihg

Good:

    priorityClassName: high
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF019"
NAME = "priority-class-unknown"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "PriorityClass", severity=SEVERITY)
