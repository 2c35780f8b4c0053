"""Two dashboards of an environment have the same uid.

Grafana keeps one of them, and writes a warning to its log. Links go by the uid.

Bad:

    redis.json: |
      {"uid": "overview", "title": "Redis", "panels": []}
    feast.json: |
      {"uid": "overview", "title": "Feast", "panels": []}

Good:

    redis.json: |
      {"uid": "redis", "title": "Redis", "panels": []}
    feast.json: |
      {"uid": "feast", "title": "Feast", "panels": []}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.dashboards import Dashboard, dashboards
from presync.platform.model import Platform
from presync.platform.validation.access import text
from presync.rules.model import Match

ID = "OBS011"
NAME = "dashboard-uid-repeated"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """The second dashboard and every further one."""
    seen: dict[tuple[str, str, str], Dashboard] = {}
    for board in dashboards(platform):
        uid = text(board.data, "uid")
        cluster = board.entry.application.destination.cluster
        first = seen.setdefault((cluster, board.entry.environment, uid), board)
        if uid and first is not board:
            yield Match(
                f"dashboard {board.title!r} has the uid {uid} of {first.title!r} ({first.resource})",
                "Give it a uid of its own.",
                board.entry,
                board.resource,
                board.path,
                key=f"{board.title} {uid}",
                quote=str(uid),
            )
