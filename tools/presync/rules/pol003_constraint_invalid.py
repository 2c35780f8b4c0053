"""A Gatekeeper constraint has no effect, or another than it says.

There is no template for its kind in the cluster, its `enforcementAction` or an enforcement point is none of
Gatekeeper's (the violations then have no consequence), a selector cannot be read, or parameters do not fit the
template's schema.

Bad:

    kind: RequiredLabels
    spec:
      enforcementAction: Deny

Good:

    kind: RequiredLabels
    spec:
      enforcementAction: deny
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.policy.judge import verdicts
from presync.rules.model import Match, dotted
from presync.rules.policies import faulty

ID = "POL003"
NAME = "constraint-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One match for each fault; what a kustomization writes into every constraint is told once."""
    for match in faulty(verdicts(platform).constraints):
        yield replace(match, cause=f"{match.message} {dotted(match.path)}")
