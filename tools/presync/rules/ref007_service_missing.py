"""A Service that is referred to is rendered by no Application of the cluster.

By an Ingress, a webhook, an APIService or the `serviceName` of a StatefulSet (a warning: only the names of its Pods
do not resolve).

Bad:

    backend:
      service: {name: feast-servers, port: {name: http}}

Good:

    backend:
      service: {name: feast-server, port: {name: http}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF007"
NAME = "service-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "Service")
