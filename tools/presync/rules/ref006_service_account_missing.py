"""A ServiceAccount that Pods run under or a binding names is rendered by no Application of the cluster.

Pods are not even created (`serviceaccount "x" not found`). In a binding it is a warning: nobody gets the rights.

Bad:

    serviceAccountName: feast-sever

Good:

    serviceAccountName: feast-server
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF006"
NAME = "service-account-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "ServiceAccount")
