"""A Secret has not the key that is wanted of it.

Bad:

    # the SealedSecret redis-auth encrypts `password` only
    secretKeyRef: {name: redis-auth, key: redis-password}

Good:

    secretKeyRef: {name: redis-auth, key: password}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import missing_keys

ID = "REF004"
NAME = "secret-key-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every key somebody wants."""
    yield from missing_keys(platform, "Secret")
