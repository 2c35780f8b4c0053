"""An IngressClass that is neither rendered nor declared.

No controller takes the Ingress. Declare classes of the cluster under `objects:` in presync.yaml.

Bad:

    ingressClassName: ngnix

Good:

    ingressClassName: nginx
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF018"
NAME = "ingress-class-unknown"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "IngressClass", severity=SEVERITY)
