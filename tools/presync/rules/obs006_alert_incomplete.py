"""An alert lacks a severity, a summary, a description or a runbook.

Routes go by the severity, and whoever is woken at night has the annotations only. It is a warning where nine of ten
alerts of the environment have it, or most of the same PrometheusRule, and good to know where that is no habit.

Bad:

    - alert: RedisDown
      expr: redis_up == 0

Good:

    - alert: RedisDown
      expr: redis_up == 0
      labels: {severity: critical}
      annotations:
        summary: Redis does not answer
        description: The exporter of {{ $labels.pod }} cannot log in.
        runbook_url: https://git.example.com/runbooks/RedisDown.md
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.rulegroups import PromRule, rules
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.model import Match

ID = "OBS006"
NAME = "alert-incomplete"
SEVERITY = Severity.WARNING
_RARE = 0.1
# What is wanted: the field it stands in, and the names it goes by.
_WANTED = {
    "severity": ("labels", ("severity",)),
    "summary": ("annotations", ("summary", "message", "title")),
    "description": ("annotations", ("description", "message")),
    "runbook": ("annotations", ("runbook_url", "runbook")),
}


def check(platform: Platform) -> Iterator[Match]:
    """Every alert without one of them."""
    alerts: dict[str, list[PromRule]] = {}
    for rule in rules(platform):
        if rule.alert:
            alerts.setdefault(rule.entry.environment, []).append(rule)
    for listed in alerts.values():
        for word, (field, names) in _WANTED.items():
            missing = [one for one in listed if not any(obj(one.data, field).get(name) for name in names)]
            common = len(missing) <= _RARE * len(listed)
            for one in missing:
                beside = [other for other in listed if other.resource is one.resource]
                without = sum(other.resource is one.resource for other in missing)
                habit = common or without * 2 < len(beside)
                yield Match(
                    f"alert {one.alert} has no {word}",
                    f"Give it {field}.{names[0]}.",
                    one.entry,
                    one.resource,
                    (*one.path, field),
                    severity=SEVERITY if habit else Severity.INFO,
                    key=f"{one.alert} {word}",
                    cause="" if habit else f"no {word}",
                )
