"""One change reaches several environments at once.

Nobody sees what it does in dev before it is in prod. A shared chart or library can only be changed so; a value can
wait.

Bad:

    # charts/redis/templates/statefulset.yaml: dev and prod restart together

Good:

    # a new value, set in envs/dev first
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match

ID = "CHG015"
NAME = "environments-together"
SEVERITY = Severity.INFO


def change(change: Change) -> Iterator[Match]:
    """The environments that change, when production is one of them."""
    counts: dict[str, int] = {}
    for one in change.loud():
        if one.entry.environment:
            counts[one.entry.environment] = counts.get(one.entry.environment, 0) + 1
    live = [name for name in counts if _PRODUCTION.search(name)]
    if live and len(counts) > 1:
        shown = ", ".join(f"{name} ({number} objects)" for name, number in sorted(counts.items()))
        yield Match(
            f"this change reaches {shown} at once", "Split it where one environment can go first.", key="environments"
        )


_PRODUCTION = re.compile(r"(?i)prod|live")
