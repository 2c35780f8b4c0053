"""The schema in a CRD is not a schema, so objects of its kind cannot be checked.

The API server would refuse the CRD, or accept objects nobody wants.

Bad:

    pattern: "^[a-z"

Good:

    pattern: "^[a-z]+$"
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.kubernetes import missing, results
from presync.rules.model import Match

ID = "K8S006"
NAME = "crd-unusable"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all objects of a kind."""
    yield from missing(results(platform).broken)
