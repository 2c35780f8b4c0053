"""A container mounts a volume that its Pod does not have.

Bad:

    volumeMounts:
      - {name: setings, mountPath: /etc/app}
    volumes:
      - {name: settings, emptyDir: {}}

Good:

    volumeMounts:
      - {name: settings, mountPath: /etc/app}
    volumes:
      - {name: settings, emptyDir: {}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S019"
NAME = "mount-without-volume"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say."""
    yield from matches(platform, Category.MOUNT)
