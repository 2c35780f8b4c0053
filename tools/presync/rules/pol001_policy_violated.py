"""A Gatekeeper policy refuses an object, warns of it, or would report it.

The ConstraintTemplates and constraints are those the tree renders for the same cluster; each object is judged as
Gatekeeper's webhook would judge it, and the message is the one the cluster would give. What an ExpansionTemplate makes
of an object (the Pod of a Deployment) is judged with it, and so are the Pods that stand as text in a ConfigMap.
`data.inventory` is everything that is rendered for the cluster. The severity follows `enforcementAction`: `deny` is an
error, `warn` a warning, `dryrun` an information. Fields that the API server fills in are not there yet.

Bad:

    # with a constraint that allows a null_threshold of at most 0.05
    kind: FeatureSet
    spec:
      validation:
        null_threshold: 0.2

Good:

    kind: FeatureSet
    spec:
      validation:
        null_threshold: 0.05
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.policy.judge import verdicts
from presync.rules.model import Match
from presync.rules.policies import violated

ID = "POL001"
NAME = "policy-violated"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One match for each violation."""
    yield from violated(platform, verdicts(platform).violations)
