"""presync has no schema of a custom kind, so its objects are not checked.

The CRD is taken from what is rendered, from `crds:` in presync.yaml, from any file of the tree, or from those
bundled with presync (Argo CD, prometheus-operator, Sealed Secrets, cert-manager, Gatekeeper, MetalLB).

Bad:

    apiVersion: example.com/v1
    kind: Widget

Good:

    # presync.yaml
    crds:
      - crds/
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.kubernetes import missing, results
from presync.rules.model import Match

ID = "K8S003"
NAME = "kind-unknown"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all objects of a kind."""
    yield from missing(results(platform).unknown)
