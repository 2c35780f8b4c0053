"""A StorageClass that is neither rendered nor declared.

A claim of a class that does not exist stays Pending. Classes usually come with the cluster: declare them under
`objects:` in presync.yaml. A class that a rendered PersistentVolume has is known.

Bad:

    storageClassName: loca-path

Good:

    storageClassName: local-path
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF017"
NAME = "storage-class-unknown"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "StorageClass", severity=SEVERITY)
