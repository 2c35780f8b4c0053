"""Panels of a dashboard share an id, lie on one another, or stick out.

Links to a panel and its queries' cache go by the id. Grafana moves panels that overlap, so the dashboard does not look
as it was written. The grid is 24 columns wide.

Bad:

    {"panels": [{"id": 1, "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}},
                {"id": 1, "gridPos": {"x": 6, "y": 4, "w": 12, "h": 8}}]}

Good:

    {"panels": [{"id": 1, "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}},
                {"id": 2, "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}}]}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from presync.base.finding import Severity
from presync.observability.dashboards import Dashboard, Panel, dashboards
from presync.platform.model import Platform
from presync.platform.validation.access import number, obj
from presync.rules.model import Match

ID = "OBS014"
NAME = "dashboard-layout"
SEVERITY = Severity.WARNING
COLUMNS = 24
_Box = tuple[int, int, int, int]


def check(platform: Platform) -> Iterator[Match]:
    """At most one finding of each kind per dashboard."""
    for board in dashboards(platform):
        panels = list(board.panels())
        if message := _ids(panels):
            yield _match(board, message, SEVERITY)
        for message in filter(None, (_overlap(panels), _outside(panels))):
            yield _match(board, message, Severity.INFO)


def _match(board: Dashboard, message: str, severity: Severity) -> Match:
    remedy = "Give every panel an id and a place of its own."
    return Match(
        f"dashboard {board.title!r}: {message}",
        remedy,
        board.entry,
        board.resource,
        board.path,
        severity=severity,
        key=f"{board.title} {message}",
    )


def _ids(panels: Sequence[Panel]) -> str:
    seen: dict[int, Panel] = {}
    for panel in panels:
        identity = number(panel.data, "id")
        if identity and seen.setdefault(identity, panel) is not panel:
            return f"panels {seen[identity].title!r} and {panel.title!r} have the id {identity}"
    return ""


def _overlap(panels: Sequence[Panel]) -> str:
    """Of panels beside each other; those of a collapsed row have a space of their own."""
    placed: dict[int, list[tuple[_Box, Panel]]] = {}
    for panel in panels:
        box = _box(panel)
        if box is None or panel.row < 0:
            continue
        for other, before in placed.setdefault(panel.row, []):
            if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                return f"panels {before.title!r} and {panel.title!r} overlap"
        placed[panel.row].append((box, panel))
    return ""


def _outside(panels: Sequence[Panel]) -> str:
    for panel in panels:
        box = _box(panel)
        if box is not None and (box[0] < 0 or box[2] > COLUMNS):
            return f"panel {panel.title!r} sticks out of the {COLUMNS} columns"
    return ""


def _box(panel: Panel) -> _Box | None:
    grid = obj(panel.data, "gridPos")
    x, y, w, h = (number(grid, key) for key in "xywh")
    return None if x is None or y is None or w is None or h is None else (x, y, x + w, y + h)
