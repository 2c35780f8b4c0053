"""Alerts of a severity reach nobody.

No route is for the severity, and the receiver of the first route, which gets the rest, sends nothing. Alerts that are
meant to reach nobody have a route that says so, or the severity `none`.

Bad:

    # alerts have severity: warning
    route:
      receiver: "null"
      routes:
        - {receiver: slack, matchers: ['severity="critical"']}

Good:

    route:
      receiver: "null"
      routes:
        - {receiver: slack, matchers: ['severity=~"critical|warning"']}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.alertmanager import Config, Route, configs, reached, silent, walk
from presync.observability.rulegroups import PromRule, rules
from presync.observability.scraping import in_scope
from presync.platform.model import Platform
from presync.platform.validation.access import items, obj, text, texts
from presync.rules.model import Match

ID = "OBS009"
NAME = "severity-unrouted"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Each severity once per environment."""
    used: dict[tuple[str, str], PromRule] = {}
    for rule in rules(platform):
        severity = text(rule.labels, "severity")
        if rule.alert and severity not in ("", "none") and "{{" not in severity:
            used.setdefault((rule.entry.environment, severity), rule)
    for (environment, severity), rule in used.items():
        mine = [
            one
            for one in configs(platform)
            if one.data.get("route")
            and (one.environment in (environment, "") or (one.entry and in_scope(one.entry, environment)))
        ]
        if any(one.whole for one in mine) and not any(_reaches(one, severity) for one in mine):
            yield Match(
                f"alerts of severity {severity} reach nobody, {rule.alert} for one",
                "Give the severity a route to a receiver, or one to a silent receiver that says it is meant.",
                rule.entry,
                rule.resource,
                (*rule.path, "labels", "severity"),
                cause=f"severity {severity}",
            )


def _reaches(config: Config, severity: str) -> bool:
    root = config.root()
    if any(_names(route, severity) for route in walk(root)):
        return True
    return any(not silent(config, receiver) for receiver in reached(root, severity))


def _names(route: Route, severity: str) -> bool:
    """Whether a route is for this severity, by its words."""
    words = [str(obj(route.data, field).get("severity", "")) for field in ("match", "match_re")]
    words += [one for one in texts(route.data, "matchers") if "severity" in one and "!" not in one]
    words += [text(one, "value") for _, one in items(route.data, "matchers") if text(one, "name") == "severity"]
    return any(severity in word for word in words)
