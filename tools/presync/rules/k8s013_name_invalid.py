"""A name is not one its kind can have: of the object, of a container, a volume, a variable, a host, or of an object
it refers to.

Bad:

    metadata:
      name: Redis_Master

Good:

    metadata:
      name: redis-master
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S013"
NAME = "name-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.NAME)
