"""A recording rule has a name that Prometheus refuses, that an exporter has already, or that hides what it is.

A name of letters, digits, `_` and `:` is needed. With the name of an exporter's metric, queries get both. A colon
(`level:metric:operation`) tells readers that the series is recorded; exporters may not use it.

Bad:

    - record: redis-memory-ratio
      expr: redis_memory_used_bytes / redis_memory_max_bytes

Good:

    - record: pod:redis_memory_used:ratio
      expr: redis_memory_used_bytes / redis_memory_max_bytes
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.rulegroups import rules
from presync.observability.scraping import scraped
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "OBS005"
NAME = "recording-rule-name"
SEVERITY = Severity.ERROR
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_REMEDY = "Name it level:metric:operation."


def check(platform: Platform) -> Iterator[Match]:
    """Every recording rule with such a name."""
    for rule in rules(platform):
        name, path = rule.record, (*rule.path, "record")
        if not name:
            continue
        if not _NAME.fullmatch(name):
            yield Match(f"{name!r} is no name of a metric", _REMEDY, rule.entry, rule.resource, path)
            continue
        owner = next((one for one in scraped(platform, rule.entry.environment).active if one.metrics.get(name)), None)
        if owner is not None:
            message = f"{name} is a metric of {owner.exporter} too; a query gets both"
            yield Match(message, _REMEDY, rule.entry, rule.resource, path, severity=Severity.WARNING)
        elif ":" not in name:
            message = f"the name {name} does not tell that it is recorded"
            yield Match(
                message,
                _REMEDY,
                rule.entry,
                rule.resource,
                path,
                severity=Severity.INFO,
                cause="recorded without a colon",
            )
