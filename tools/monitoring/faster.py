"""What an environment renders, with every wait of alerting shortened by one factor and nothing else changed.

An alert waits for minutes on purpose. What is shortened: how often is scraped and evaluated, `for` and
`keep_firing_for`, and how long Alertmanager gathers (`group_wait`, `group_interval`). All by the same factor, so that
what comes before what stays as it is. What is not: the ranges in the expressions, and `repeat_interval`, or "once"
would mean nothing. A scrape may take all of the shorter interval: the targets are not faster than otherwise.
"""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from monitoring.tree import App, Object, opened

SPEED = 20
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_GATHERED = re.compile(r"^(\s*(?:group_wait|group_interval): )(\S+)$", re.MULTILINE)


def shorter(duration: str) -> str:
    """A duration as Prometheus writes it, divided."""
    parts = re.findall(r"(\d+)(ms|[smhdw])", duration)
    if "".join(map("".join, parts)) != duration:
        raise ValueError(f"not a duration: {duration}")
    return f"{max(1, sum(int(number) * _UNITS[unit] for number, unit in parts) // SPEED)}ms"


def seconds(duration: str) -> float:
    """A duration of `shorter`, as a number."""
    return int(duration.removesuffix("ms")) / 1000


def _shorten(some: dict[str, Any], *keys: str) -> None:
    for key in keys:
        if key in some:
            some[key] = shorter(some[key])


def _scrapes(some: dict[str, Any], interval: str) -> None:
    """A scrape without an interval of its own takes the one of Prometheus, and so must its timeout."""
    _shorten(some, interval)
    some.pop("scrapeTimeout", None)
    if interval in some:
        some["scrapeTimeout"] = some[interval]


def faster(one: Object) -> Object:
    """An object, with its waits shortened."""
    one = copy.deepcopy(one)
    spec = one.get("spec", {})
    if one["kind"] == "Prometheus":
        _scrapes(spec, "scrapeInterval")
        _shorten(spec, "evaluationInterval")
    elif one["kind"] in {"ServiceMonitor", "PodMonitor"}:
        for endpoint in spec.get("endpoints") or spec.get("podMetricsEndpoints") or []:
            _scrapes(endpoint, "interval")
    elif one["kind"] == "ScrapeConfig":
        _scrapes(spec, "scrapeInterval")
    elif one["kind"] == "PrometheusRule":
        for group in spec["groups"]:
            _shorten(group, "interval")
            for rule in group["rules"]:
                _shorten(rule, "for", "keep_firing_for")
    elif one["kind"] == "Secret" and "alertmanager.yaml" in one.get("stringData", {}):
        text = one["stringData"]["alertmanager.yaml"]
        one["stringData"]["alertmanager.yaml"] = _GATHERED.sub(lambda found: found[1] + shorter(found[2]), text)
    return one


def with_webhooks(sealed: Object, sink: str, passwords: Mapping[str, str]) -> Object:
    """The Secret behind a SealedSecret: keys named `slack-` lead to the sink, others are what `passwords` says."""
    secret = opened(sealed)
    for key in sealed["spec"]["encryptedData"]:
        if key.startswith("slack-"):
            secret["stringData"][key] = f"{sink}/{sealed['metadata']['name']}/{key}"
        elif key in passwords:
            secret["stringData"][key] = passwords[key]
    return secret


def environment(apps: Iterable[App], name: str, sink: str, passwords: Mapping[str, str]) -> list[App]:
    """The Applications of an environment, faster, with the webhooks of its Alertmanager at the sink."""
    return [
        dataclasses.replace(
            app,
            objects=tuple(
                faster(with_webhooks(one, sink, passwords) if one["kind"] == "SealedSecret" else one)
                for one in app.objects
            ),
        )
        for app in apps
        if app.environment == name
    ]
