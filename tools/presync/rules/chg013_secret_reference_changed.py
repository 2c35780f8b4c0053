"""A workload takes its secret from somewhere else.

The Secret has to be there, with the same keys and the right content, before the Pods restart.

Bad:

    secretKeyRef: {name: redis-auth-new, key: password}

Good:

    # the same Secret, with another content
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.changes import about
from presync.rules.model import Match

ID = "CHG013"
NAME = "secret-reference-changed"
SEVERITY = Severity.INFO
_REMEDY = "Have the other Secret in the cluster, with the same keys, before this is merged."


def change(change: Change) -> Iterator[Match]:
    """Every reference to a Secret that changes."""
    for one in change.resources:
        for difference in one.differences:
            path = tuple(map(str, difference.path))
            named = any(step in ("secretKeyRef", "secretRef", "secret", "imagePullSecrets") for step in path)
            if named and path[-1] in ("name", "secretName", "key") and not difference.added and not difference.removed:
                yield about(one, difference, f"the Secret is {difference.new} now, and was {difference.old}", _REMEDY)
