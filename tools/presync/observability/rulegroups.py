"""Alerting and recording rules of PrometheusRule objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import Object, items, obj, text
from presync.render.model import Resource

GROUP = "monitoring.coreos.com"


@dataclass(frozen=True, slots=True)
class PromRule:
    """One rule and where it stands."""

    entry: Entry
    resource: Resource
    path: tuple[str | int, ...]
    data: Object

    @property
    def alert(self) -> str:
        return text(self.data, "alert")

    @property
    def record(self) -> str:
        return text(self.data, "record")

    @property
    def expr(self) -> str:
        value = self.data.get("expr")
        return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""

    @property
    def title(self) -> str:
        return f"alert {self.alert}" if self.alert else f"record {self.record}"

    @property
    def labels(self) -> Object:
        return obj(self.data, "labels")


def rules(platform: Platform) -> tuple[PromRule, ...]:
    """All of a platform, computed once."""
    return memo(platform, "prometheus-rules", lambda one: tuple(_rules(one)))


def _rules(platform: Platform) -> Iterator[PromRule]:
    for entry, resource in index(platform).of_kind(GROUP, "PrometheusRule"):
        for at, group in items(obj(resource.data, "spec"), "groups"):
            for position, one in items(group, "rules"):
                yield PromRule(entry, resource, ("spec", "groups", at, "rules", position), one)
