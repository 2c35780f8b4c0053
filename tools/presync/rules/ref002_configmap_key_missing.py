"""A ConfigMap has not the key that is wanted of it.

By a variable, an item of a volume, or a file mounted alone with subPath; a subPath that is not there becomes an
empty folder.

Bad:

    volumeMounts:
      - {name: repo, mountPath: /feast-repo/repo.py, subPath: repos.py}

Good:

    volumeMounts:
      - {name: repo, mountPath: /feast-repo/repo.py, subPath: repo.py}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import missing_keys

ID = "REF002"
NAME = "configmap-key-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every key somebody wants."""
    yield from missing_keys(platform, "ConfigMap")
