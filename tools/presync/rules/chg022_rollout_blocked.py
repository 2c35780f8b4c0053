"""The change cannot go live, or the next one cannot.

A sync that waits for something of a later wave waits for ever. A PodDisruptionBudget that lets no Pod go stops every
node that is drained; an autoscaler without requests to measure by scales nothing. `presync check` names these in a tree
as it is; here they stand because this change brings them.

Bad:

    # with minAvailable: 1 in its budget
    replicas: 1

Good:

    replicas: 2
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules import arg052_needs_later_wave, k8s028_budget_blocks_eviction, k8s029_autoscaler_without_requests
from presync.rules.model import Match

ID = "CHG022"
NAME = "rollout-blocked"
SEVERITY = Severity.WARNING
_OBSTACLES = (
    (arg052_needs_later_wave, "the sync waits for ever: "),
    (k8s028_budget_blocks_eviction, "nodes cannot be drained: "),
    (k8s029_autoscaler_without_requests, "nothing is scaled: "),
)
_Key = tuple[str, str, str]


def change(change: Change) -> Iterator[Match]:
    """What stands in the way in the new state and did not in the old one."""
    if not change.resources:
        return
    for rule, consequence in _OBSTACLES:
        before = {_key(match) for match in rule.check(change.base)}
        for match in rule.check(change.head):
            if _key(match) not in before:
                severity = rule.SEVERITY if match.severity is None else match.severity
                yield replace(match, message=consequence + match.message, severity=severity)


def _key(match: Match) -> _Key:
    return (match.entry.name if match.entry else "", str(match.resource or match.resource_name), match.key)
