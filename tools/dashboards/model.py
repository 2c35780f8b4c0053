"""Grafana's JSON from few words: panels that lay themselves out, with ids that stay.

An id comes from the panel's title, so that a panel which moves keeps its links, and a diff shows what was changed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# Schema of Grafana 12; later ones migrate it while they load it.
SCHEMA_VERSION = 41
COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Put in by charts/kube-prometheus-stack/templates/dashboards.yaml.
RUNBOOK = "__runbooks__/{alert}.md"
# Red text on a red background would be unreadable: the colours are Grafana's own names.
OK, WARN, BAD = "green", "orange", "red"

Json = dict[str, Any]


@dataclass(frozen=True)
class Query:
    """A query and how its series are named; `instant` asks for the last value only."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One panel. `steps` are the values at which it changes its colour, first the one below all."""

    kind: str
    title: str
    queries: tuple[Query, ...]
    unit: str = "short"
    width: int = 12
    height: int = 8
    steps: tuple[tuple[float | None, str], ...] = ()
    alerts: tuple[str, ...] = ()
    dashboard: str = ""
    description: str = ""
    maximum: float | None = None
    decimals: int | None = None
    stacked: bool = False
    mappings: tuple[tuple[str, str, str], ...] = ()
    options: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A heading and the panels below it, from left to right."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """A page of Grafana."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]
    variables: tuple[Json, ...] = ()
    span: str = "now-6h"

    def as_json(self) -> str:
        """The file as Grafana reads it."""
        return json.dumps(_dashboard(self), indent=1, ensure_ascii=False) + "\n"


def above(warning: float | None, critical: float | None = None) -> tuple[tuple[float | None, str], ...]:
    """More is worse."""
    steps: list[tuple[float | None, str]] = [(None, OK)]
    if warning is not None:
        steps.append((warning, WARN))
    if critical is not None:
        steps.append((critical, BAD))
    return tuple(steps)


def below(critical: float, warning: float | None = None) -> tuple[tuple[float | None, str], ...]:
    """Less is worse; both are the smallest value that is not."""
    if warning is None:
        return ((None, BAD), (critical, OK))
    return ((None, BAD), (critical, WARN), (warning, OK))


def stat(title: str, expr: str, unit: str = "short", **more: Any) -> Panel:
    """One number, for the first look."""
    return Panel("stat", title, (Query(expr),), unit, **{"width": 4, "height": 4, **more})


def graph(title: str, queries: Sequence[tuple[str, str]] | dict[str, str], unit: str = "short", **more: Any) -> Panel:
    """Lines over time: legend and query of each."""
    pairs = queries.items() if isinstance(queries, dict) else queries
    return Panel("timeseries", title, tuple(Query(expr, legend) for legend, expr in pairs), unit, **more)


def bars(title: str, legend: str, expr: str, unit: str = "short", **more: Any) -> Panel:
    """The last value of each series, one below the other."""
    return Panel("bargauge", title, (Query(expr, legend),), unit, **more)


def table(title: str, expr: str, columns: dict[str, str], unit: str = "short", **more: Any) -> Panel:
    """The last value of each series with its labels: label and heading of each column, `Value` for the value."""
    return Panel("table", title, (Query(expr),), unit, options={"columns": columns}, **more)


def variable(name: str, label: str, expr: str) -> Json:
    """A choice among the values of a label; all of them at first."""
    return {
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "datasource": DATASOURCE,
        "definition": expr,
        "includeAll": True,
        "label": label,
        "multi": True,
        "name": name,
        "query": {"query": expr, "refId": name},
        "refresh": 2,
        "sort": 1,
        "type": "query",
    }


def _dashboard(board: Dashboard) -> Json:
    return {
        "uid": board.uid,
        "title": f"{board.title} (__environment__)",
        "description": board.description,
        "tags": ["feature-platform"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": board.span, "to": "now"},
        "timezone": "browser",
        "links": [
            {
                "asDropdown": True,
                "icon": "external link",
                "includeVars": False,
                "keepTime": True,
                "tags": ["feature-platform"],
                "title": "Feature platform",
                "type": "dashboards",
            },
            {"icon": "doc", "targetBlank": True, "title": "Runbooks", "type": "link", "url": "__runbooks__/README.md"},
        ],
        "templating": {"list": [*_constants(), *board.variables]},
        "annotations": {"list": [_firing()]},
        "panels": list(_layout(board)),
    }


def _constants() -> Iterator[Json]:
    yield {
        "current": {"text": "Prometheus", "value": "prometheus"},
        "hide": 2,
        "label": "Data source",
        "name": "datasource",
        "query": "prometheus",
        "type": "datasource",
    }
    for name, value in (
        ("environment", "__environment__"),
        *((f"ns_{one}", f"__namespaces.{one}__") for one in NAMESPACES),
    ):
        yield {
            "current": {"text": value, "value": value},
            "hide": 2,
            "name": name,
            "query": value,
            "skipUrlSync": True,
            "type": "constant",
        }


NAMESPACES = ("airflow", "feast", "monitoring", "redis")


def _firing() -> Json:
    return {
        "datasource": DATASOURCE,
        "enable": True,
        "expr": 'ALERTS{alertstate="firing", severity="critical"}',
        "iconColor": "red",
        "name": "Critical alerts",
        "titleFormat": "{{alertname}}",
        "textFormat": "{{namespace}} {{service}}",
    }


def _layout(board: Dashboard) -> Iterator[Json]:
    seen: dict[int, str] = {}
    top = 0
    for row in board.rows:
        yield {
            "collapsed": False,
            "gridPos": {"h": 1, "w": COLUMNS, "x": 0, "y": top},
            "id": _id(row.title, seen),
            "panels": [],
            "title": row.title,
            "type": "row",
        }
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                top, left, height = top + height, 0, 0
            place = {"h": panel.height, "w": panel.width, "x": left, "y": top}
            yield {"id": _id(f"{row.title}/{panel.title}", seen), "gridPos": place, **_panel(panel)}
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _id(text: str, seen: dict[int, str]) -> int:
    number = zlib.crc32(text.encode()) % 99991 + 1
    if number in seen:
        raise ValueError(f"{text!r} and {seen[number]!r} get the same id: rename one")
    seen[number] = text
    return number


def _panel(panel: Panel) -> Json:
    instant = panel.kind in ("stat", "bargauge", "table")
    targets = []
    for index, query in enumerate(panel.queries):
        target: Json = {"datasource": DATASOURCE, "expr": query.expr, "refId": chr(ord("A") + index)}
        if query.legend:
            target["legendFormat"] = query.legend
        # The sparkline behind a number needs the range, too.
        target["instant" if instant and panel.kind != "stat" else "range"] = True
        if panel.kind == "table":
            target["format"] = "table"
        targets.append(target)
    out: Json = {
        "type": panel.kind,
        "title": panel.title,
        "datasource": DATASOURCE,
        "targets": targets,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }
    if panel.description:
        out["description"] = panel.description
    links = [
        {"title": f"Runbook: {alert}", "url": RUNBOOK.format(alert=alert), "targetBlank": True}
        for alert in panel.alerts
    ]
    if panel.dashboard:
        links.insert(0, {"title": "More", "url": f"/d/{panel.dashboard}?${{__url_time_range}}"})
    if links:
        out["links"] = links
        out["fieldConfig"]["defaults"]["links"] = links
    if panel.kind == "table":
        out["transformations"] = _columns(panel)
    return out


def _defaults(panel: Panel) -> Json:
    defaults: Json = {"unit": panel.unit}
    if panel.decimals is not None:
        defaults["decimals"] = panel.decimals
    if panel.unit in ("percent", "percentunit"):
        defaults["min"] = 0
    if panel.maximum is not None:
        defaults["max"] = panel.maximum
    steps = panel.steps or ((None, OK if panel.kind == "timeseries" else "text"),)
    defaults["thresholds"] = {
        "mode": "absolute",
        "steps": [{"color": color, "value": value} for value, color in steps],
    }
    if panel.kind == "timeseries":
        defaults["color"] = {"mode": "palette-classic"}
        defaults["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 30 if panel.stacked else 8,
            "lineWidth": 1,
            "showPoints": "never",
            "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "line" if panel.steps else "off"},
        }
    else:
        defaults["color"] = {"mode": "thresholds"}
    if panel.kind == "stat":
        defaults["noValue"] = "no data"
    if panel.kind == "table":
        defaults["custom"] = {"cellOptions": {"type": "color-text"} if panel.steps else {"type": "auto"}}
    if panel.mappings:
        defaults["mappings"] = [
            {
                "type": "value",
                "options": {value: {"text": text, "color": color, "index": index}},
            }
            for index, (value, text, color) in enumerate(panel.mappings)
        ]
    return defaults


def _options(panel: Panel) -> Json:
    last = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    if panel.kind == "stat":
        return {
            "colorMode": "value" if not panel.steps else "background",
            "graphMode": "area",
            "justifyMode": "auto",
            "reduceOptions": last,
            "textMode": "auto",
        }
    if panel.kind == "bargauge":
        return {"displayMode": "basic", "orientation": "horizontal", "reduceOptions": last, "showUnfilled": True}
    if panel.kind == "table":
        return {"cellHeight": "sm", "footer": {"show": False}, "showHeader": True}
    return {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _columns(panel: Panel) -> list[Json]:
    columns: dict[str, str] = panel.options["columns"]
    return [
        {"id": "filterFieldsByName", "options": {"include": {"names": list(columns)}}},
        {
            "id": "organize",
            "options": {
                "indexByName": {name: index for index, name in enumerate(columns)},
                "renameByName": columns,
            },
        },
    ]
