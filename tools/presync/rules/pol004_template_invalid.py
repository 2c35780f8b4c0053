"""Gatekeeper refuses a ConstraintTemplate or an ExpansionTemplate, so its constraints judge nothing.

The Rego does not compile, a rule is recursive, it reads other data than `data.inventory` and `data.lib`, there is no
rule `violation`, or the name is not the kind in lower case.

Bad:

    violation[{"msg": msg}] {
      deep(input.review.object)
      ...
    }
    deep(x) { deep(x[_]) }

Good:

    violation[{"msg": msg}] {
      walk(input.review.object, [path, value])
      ...
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.policy.judge import verdicts
from presync.rules.model import Match
from presync.rules.policies import faulty

ID = "POL004"
NAME = "template-invalid"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """One match for each template."""
    yield from faulty(one for one in verdicts(platform).templates if not one.undetermined)
