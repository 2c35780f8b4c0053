"""A label, an annotation or a selector has a key or a value that Kubernetes does not take.

Bad:

    labels:
      app.kubernetes.io/version: 7.2.4+build 1

Good:

    labels:
      app.kubernetes.io/version: 7.2.4
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S014"
NAME = "label-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.LABEL)
