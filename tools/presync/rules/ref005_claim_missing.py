"""A PersistentVolumeClaim that a Pod mounts is rendered by no Application of the cluster.

The Pod stays Pending. The claims a StatefulSet makes for itself are known.

Bad:

    persistentVolumeClaim: {claimName: airflow-log}

Good:

    persistentVolumeClaim: {claimName: airflow-logs}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF005"
NAME = "claim-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "PersistentVolumeClaim")
