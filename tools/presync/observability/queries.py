"""Every PromQL expression of a platform in one list, parsed: of rules and of dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from presync.observability import grafana, promql
from presync.observability.dashboards import queries as dashboard_queries
from presync.observability.promql import Parsed
from presync.observability.rulegroups import rules
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.render.model import Resource


@dataclass(frozen=True, slots=True)
class Query:
    """An expression, where it stands, and what became of it. ``guessed``: an error may lie in what was assumed."""

    entry: Entry
    resource: Resource
    path: tuple[str | int, ...]
    title: str
    expr: str
    parsed: Parsed
    guessed: bool = False
    dashboard: bool = False


def queries(platform: Platform) -> tuple[Query, ...]:
    """All of a platform, computed once."""
    return memo(platform, "promql", lambda one: tuple(_queries(one)))


def _queries(platform: Platform) -> Iterator[Query]:
    for rule in rules(platform):
        if rule.expr.strip():
            yield Query(rule.entry, rule.resource, (*rule.path, "expr"), rule.title, rule.expr, promql.parse(rule.expr))
    for one in dashboard_queries(platform):
        texts, guessed = grafana.readings(one.expr)
        parsed = promql.parse(texts[0])
        for text in texts[1:]:
            if not parsed.error:
                break
            parsed = promql.parse(text)
        board = one.dashboard
        title = f"{one.where} of dashboard {board.title!r}"
        yield Query(board.entry, board.resource, board.path, title, one.expr, parsed, guessed, dashboard=True)
