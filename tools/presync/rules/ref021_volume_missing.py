"""A claim names a PersistentVolume that is neither rendered nor declared.

The claim stays Pending.

Bad:

    kind: PersistentVolumeClaim
    spec: {volumeName: airflow-log}

Good:

    kind: PersistentVolumeClaim
    spec: {volumeName: airflow-logs}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF021"
NAME = "volume-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "PersistentVolume")
