"""The schedule or the time zone of a CronJob is not one.

Bad:

    schedule: "0 25 * * *"

Good:

    schedule: "0 23 * * *"
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S020"
NAME = "schedule-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.SCHEDULE)
