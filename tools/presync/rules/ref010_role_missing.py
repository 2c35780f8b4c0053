"""A binding names a Role or a ClusterRole that is rendered by no Application of the cluster.

Kubernetes takes the binding and gives no rights. Roles of Kubernetes itself (`cluster-admin`, `view`, `system:*`)
are known.

Bad:

    roleRef: {kind: Role, name: feast-reder, apiGroup: rbac.authorization.k8s.io}

Good:

    roleRef: {kind: Role, name: feast-reader, apiGroup: rbac.authorization.k8s.io}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import unresolved

ID = "REF010"
NAME = "role-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every reference, resolved."""
    yield from unresolved(platform, "Role", "ClusterRole")
