"""A field that the kind does not have.

Argo CD applies with strict validation, so the API server refuses the object; with `Validate=false` it drops the
field silently, and the finding is a warning.

Bad:

    containers:
      - name: redis
        imagePullPolcy: Always

Good:

    containers:
      - name: redis
        imagePullPolicy: Always
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S002"
NAME = "unknown-field"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.UNKNOWN)
