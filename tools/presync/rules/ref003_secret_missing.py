"""A Secret that is referred to is made by nothing in the repository.

Secrets come from SealedSecrets, ExternalSecrets, Certificates, an Ingress with a cert-manager annotation, or are
declared under `objects:` in presync.yaml. A missing TLS or pull Secret is a warning: something still works.

Bad:

    secretKeyRef: {name: redis-auht, key: password}

Good:

    secretKeyRef: {name: redis-auth, key: password}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF003"
NAME = "secret-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "Secret")
