"""Two feature sets read the same events, and each finds their time in another column.

`stream.timestampField` names the column of the raw events that says when they happened; a set without a stream goes by
`event_timestamp`. Where a source has both columns, the windows of the two sets hold different events; where it has one,
the other set is never built. A set on its way to another time is a new version beside the old one: waive this with a
date for as long as both are there.

Bad:

    # user-features, from online_events
    {}   # no stream
    # user-churn-features, from online_events
    stream: {kafkaTopic: user-events, timestampField: event_time}

Good:

    # both
    stream: {kafkaTopic: user-events, timestampField: event_time}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.compatibility import Change, Level
from presync.contract.model import Contract, contracts
from presync.contract.parts import CONTRACT, parts
from presync.contract.source import place
from presync.platform.model import Platform
from presync.platform.validation.access import text
from presync.rules.model import Match

ID = "CON014"
NAME = "event-time-differs"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every set of an environment that goes by another time than the first set of the same source."""
    known = contracts(platform)
    told: set[str] = set()
    for part in parts(platform).with_file(CONTRACT):
        environment = part.entry.environment
        if environment in told or environment not in known:
            continue
        told.add(environment)
        for name, source, first, message in _differing(known[environment]):
            written = place(platform.tree, part.entry, Change(Level.NONE, name, "", "", key="stream"))
            yield Match(
                message,
                f"Name the column of {source} that says when an event happened, the same as in {first}.",
                part.entry,
                None if written.file else part.resource,
                ("data", CONTRACT) if not written.file else (),
                location=written if written.file else None,
                resource_name=str(part.resource),
                key=f"{name} {source}",
            )


def _differing(contract: Contract) -> Iterator[tuple[str, str, str, str]]:
    """The set, its source, the set it differs from, and what to say."""
    seen: dict[str, str] = {}
    for name, one in contract.sets.items():
        for source in dict.fromkeys(text(feature, "source") for feature in one.features.values()):
            first = seen.setdefault(source, name)
            other = contract.sets[first].event_time
            if one.event_time != other:
                message = f"{name} goes by {one.event_time} of {source}, and {first} by {other}"
                yield name, source, first, message
