"""A ConfigMap that is referred to is rendered by no Application of the cluster.

Its Pods stay in CreateContainerConfigError or ContainerCreating. `optional: true` is fine. What somebody else puts
into the cluster can be declared under `objects:` in presync.yaml.

Bad:

    envFrom:
      - configMapRef: {name: feast-setings}

Good:

    envFrom:
      - configMapRef: {name: feast-settings}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF001"
NAME = "configmap-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "ConfigMap")
