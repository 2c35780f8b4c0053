"""presync cannot tell what a policy says about an object.

The policy asks something that only the cluster knows (a provider, the network, labels of a namespace that is not in the
tree), uses a function that presync does not have, or exceeds the time or memory a policy may take. It is never counted
as passed.

Bad:

    violation[{"msg": msg}] {
      response := http.send({"method": "get", "url": "https://registry.example.com/allowed"})
      ...
    }

Good:

    violation[{"msg": msg}] {
      not input.review.object.spec.image in input.parameters.allowed
      ...
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.policy.judge import verdicts
from presync.rules.model import Match
from presync.rules.policies import faulty, undecided

ID = "POL002"
NAME = "policy-undetermined"
SEVERITY = Severity.ERROR
UNDETERMINED = True


def check(platform: Platform) -> Iterator[Match]:
    """One match for each template, constraint or object that cannot be decided."""
    found = verdicts(platform)
    yield from undecided(found.unknown)
    yield from faulty(one for one in found.templates if one.undetermined)
    for trouble in found.troubles:
        yield Match(
            f"an ExpansionTemplate cannot expand it: {trouble.message}",
            "Correct templateSource or applyTo of the ExpansionTemplate.",
            trouble.entry,
            trouble.resource,
        )
