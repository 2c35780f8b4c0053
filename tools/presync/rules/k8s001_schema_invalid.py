"""A field has the wrong type or is missing, by the schema of the kind.

The schemas are those of every configured Kubernetes version, and for custom kinds those of their CRDs. A null
counts as the API server counts it: as if the field were not there. CEL rules of CRDs (`x-kubernetes-validations`)
are not evaluated.

Bad:

    env:
      - name: PORT
        value: 8080

Good:

    env:
      - name: PORT
        value: "8080"
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S001"
NAME = "schema-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.SCHEMA)
