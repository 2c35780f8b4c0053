"""A text does not have the form its field wants: a port name, a path, a CIDR, base64, a pattern of a CRD.

Bad:

    targetPort: metrics_port

Good:

    targetPort: metrics
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S021"
NAME = "text-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.FORMAT)
