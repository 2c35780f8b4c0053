"""A dashboard uses a variable that it does not define.

Grafana sends `$namespace` as it stands, and the query finds nothing.

Bad:

    {"templating": {"list": []}, "panels": [{"targets": [{"expr": "up{namespace=\\"$namespace\\"}"}]}]}

Good:

    {"templating": {"list": [{"name": "namespace", "type": "custom", "query": "dev"}]},
     "panels": [{"targets": [{"expr": "up{namespace=\\"$namespace\\"}"}]}]}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability import grafana
from presync.observability.dashboards import Dashboard, dashboards, queries
from presync.platform.model import Platform
from presync.platform.validation.access import items, text
from presync.rules.model import Match

ID = "OBS013"
NAME = "dashboard-variable-undefined"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Each variable once per dashboard."""
    used: dict[int, dict[str, str]] = {}
    boards = {id(board): board for board in dashboards(platform)}
    for query in queries(platform):
        if "(?P<" not in query.expr:  # groups of a regular expression are written alike
            for name in grafana.names(query.expr):
                used.setdefault(id(query.dashboard), {}).setdefault(name, query.where)
    for key, board in boards.items():
        found = {**used.get(key, {})}
        for where, name in _settings(board):
            found.setdefault(name, where)
        for name, where in found.items():
            if name not in board.variables:
                there = ", ".join(sorted(board.variables)) or "none"
                yield Match(
                    f"{where} of dashboard {board.title!r} uses ${name}, which is not defined",
                    f"Variables there are: {there}.",
                    board.entry,
                    board.resource,
                    board.path,
                    key=f"{board.title} {name}",
                    quote=f"${name}",
                )


def _settings(board: Dashboard) -> Iterator[tuple[str, str]]:
    """Variables outside of queries: the one a panel is repeated for, those that name a datasource."""
    for panel in board.panels():
        where = f"panel {panel.title!r}"
        if text(panel.data, "repeat"):
            yield where, text(panel.data, "repeat")
        for one in (panel.data, *(target for _, target in items(panel.data, "targets"))):
            source = one.get("datasource")
            value = source.get("uid") if isinstance(source, dict) else source
            if isinstance(value, str):
                yield from ((where, name) for name in grafana.names(value))
