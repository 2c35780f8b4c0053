"""A Certificate or an Ingress names an issuer that is neither rendered nor declared.

cert-manager waits for it and makes no Secret.

Bad:

    annotations:
      cert-manager.io/cluster-issuer: letsencrpt

Good:

    annotations:
      cert-manager.io/cluster-issuer: letsencrypt
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF020"
NAME = "issuer-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "Issuer", "ClusterIssuer")
