"""An object of a kind that Argo CD leaves alone by default.

The stock configuration excludes Endpoints, EndpointSlice, Lease, reviews, CertificateSigningRequest,
CertificateRequest and reports (`resource.exclusions` in argocd-cm). Such an object is rendered, shown nowhere and
never applied.

Bad:

    kind: Endpoints
    metadata: {name: external-db}

Good:

    kind: Service
    metadata: {name: external-db}
    spec:
      type: ExternalName
      externalName: db.example.com
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import EXCLUDED
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "ARG022"
NAME = "resource-excluded"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every object of such a kind."""
    for entry, resource in platform.resources():
        if (resource.group, resource.kind) in EXCLUDED:
            yield Match(
                f"Resource {resource.group}/{resource.kind} {resource.name} is excluded in the settings",
                "Argo CD never applies it. Do not render it, or take the kind off resource.exclusions in argocd-cm and "
                "waive this finding.",
                entry,
                resource,
                ("kind",),
            )
