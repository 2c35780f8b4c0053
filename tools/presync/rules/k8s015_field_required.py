"""A field is missing that the API server wants although the schema does not say so.

Bad:

    volumes:
      - name: settings
        configMap: {}

Good:

    volumes:
      - name: settings
        configMap: {name: settings}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S015"
NAME = "field-required"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.REQUIRED)
