"""Grafana dashboards and datasources as ConfigMaps (or the Grafana operator's objects) carry them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.base import goyaml
from presync.observability import grafana
from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import Object, items, obj, text
from presync.render.model import Resource

Path = tuple[str | int, ...]
BUILT_IN = frozenset(
    {"grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "__expr__", "datasource", "default"}
)
_OPERATOR = "grafana.integreatly.org"
_MAX_BYTES = 4 * 1024 * 1024
_LABEL_VALUES = re.compile(r"\s*label_values\(\s*(?:(.*)\s*,)?\s*([A-Za-z_$\[{][\w$\]}:]*)\s*\)\s*", re.DOTALL)
_QUERY_RESULT = re.compile(r"\s*query_result\((.*)\)\s*", re.DOTALL)
_LOGQL = re.compile(
    r"\|=|\|~|\|\s*(?:json|logfmt|pattern|regexp|unpack|line_format|label_format|decolorize|unwrap)\b|!=\s*`"
)


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel; ``row`` tells the panels of a collapsed row from those beside it."""

    data: Object
    row: int

    @property
    def title(self) -> str:
        return text(self.data, "title") or f"panel {self.data.get('id')}"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A dashboard and the field it stands in."""

    entry: Entry
    resource: Resource
    path: Path
    data: Object

    @property
    def title(self) -> str:
        return text(self.data, "title") or str(self.path[-1])

    @property
    def variables(self) -> dict[str, Object]:
        """Defined variables by name; inputs of an exported dashboard count, since the import replaces them."""
        listed = {text(one, "name"): one for _, one in items(obj(self.data, "templating"), "list")}
        inputs = {
            text(one, "name"): {"type": "datasource", "query": one.get("pluginId")}
            for _, one in items(self.data, "__inputs")
        }
        return {**inputs, **listed}

    def panels(self) -> Iterator[Panel]:
        """All panels, those of rows too."""
        for row, (_, panel) in enumerate(items(self.data, "panels"), 1):
            yield Panel(panel, 0)
            for _, inner in items(panel, "panels"):
                yield Panel(inner, row)
        for row, (_, old) in enumerate(items(self.data, "rows"), 1):  # before Grafana 5
            for _, inner in items(old, "panels"):
                yield Panel(inner, -row)


@dataclass(frozen=True, slots=True)
class Datasource:
    """A provisioned datasource."""

    name: str
    uid: str
    type: str
    default: bool


@dataclass(frozen=True, slots=True)
class DashboardQuery:
    """Text that a dashboard sends to Prometheus, and the words to name it by."""

    dashboard: Dashboard
    expr: str
    where: str


def dashboards(platform: Platform) -> tuple[Dashboard, ...]:
    """All of a platform, computed once."""
    return memo(platform, "dashboards", lambda one: tuple(_dashboards(one)))


def datasources(platform: Platform, environment: str) -> tuple[Datasource, ...] | None:
    """Those an environment's Grafana gets; None when there is none to see, or one whose uid cannot be known."""
    found = memo(platform, "datasources", lambda one: list(_datasources(one)))
    mine = [one for where, one in found if where in (environment, "")]
    return tuple(mine) if mine and all(one.uid for one in mine) else None


def queries(platform: Platform) -> tuple[DashboardQuery, ...]:
    """Every PromQL text of every dashboard, with its variables still in it."""
    return memo(platform, "dashboard-queries", lambda one: tuple(_queries(one)))


def _dashboards(platform: Platform) -> Iterator[Dashboard]:
    for entry, resource in index(platform).of_kind("", "ConfigMap"):
        for key, value in obj(resource.data, "data").items():
            data = _read(value)
            if data is not None:
                yield Dashboard(entry, resource, ("data", str(key)), data)
    for entry, resource in index(platform).of_kind(_OPERATOR, "GrafanaDashboard"):
        data = _read(obj(resource.data, "spec").get("json"))
        if data is not None:
            yield Dashboard(entry, resource, ("spec", "json"), data)


def _read(value: Any) -> Object | None:
    """A dashboard, by its content: an object with panels and what only a dashboard has."""
    if not isinstance(value, str) or len(value) > _MAX_BYTES:
        return None
    if value.lstrip()[:1] != "{" or ('"panels"' not in value and '"rows"' not in value):
        return None
    try:
        data = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("dashboard"), dict):  # the shape of Grafana's HTTP interface
        data = data["dashboard"]
    marks = ("schemaVersion", "templating", "uid", "timezone", "annotations")
    has_panels = isinstance(data.get("panels"), list) or isinstance(data.get("rows"), list)
    return data if has_panels and "title" in data and any(mark in data for mark in marks) else None


def _datasources(platform: Platform) -> Iterator[tuple[str, Datasource]]:
    for kind, fields in (("ConfigMap", ("data",)), ("Secret", ("stringData",))):
        for entry, resource in index(platform).of_kind("", kind):
            for field in fields:
                for value in obj(resource.data, field).values():
                    for one in _provisioned(value):
                        yield entry.environment, one
    for entry, resource in index(platform).of_kind(_OPERATOR, "GrafanaDatasource"):
        source = obj(resource.data, "spec", "datasource")
        uid = text(source, "uid") or text(obj(resource.data, "spec"), "uid")
        yield (
            entry.environment,
            Datasource(text(source, "name"), uid, text(source, "type"), bool(source.get("isDefault"))),
        )


def _provisioned(value: Any) -> Iterator[Datasource]:
    if not isinstance(value, str) or not re.search(r"^datasources:", value, re.MULTILINE):
        return
    try:
        data = goyaml.load(value)
    except goyaml.GoYamlError:
        return
    for _, one in items(data, "datasources"):
        name = text(one, "name")
        if name and text(one, "type"):
            uid = text(one, "uid") or _given_uid(name)
            yield Datasource(name, uid, text(one, "type"), bool(one.get("isDefault")))


def _given_uid(name: str) -> str:
    """What Grafana makes of a name without a uid (pkg/services/provisioning/datasources, safeUIDFromName)."""
    return "P" + hashlib.sha256(name.encode()).hexdigest()[:16].upper()


def _queries(platform: Platform) -> Iterator[DashboardQuery]:
    for dashboard in dashboards(platform):
        known = memo(platform, f"datasources {dashboard.entry.environment}", _known(dashboard.entry.environment))
        for panel in dashboard.panels():
            own = panel.data.get("datasource")
            for _, target in items(panel.data, "targets"):
                kind = type_of(dashboard, target.get("datasource") or own, known)
                expr = text(target, "expr")
                if expr.strip() and kind == "prometheus" and not _LOGQL.search(expr):
                    yield DashboardQuery(dashboard, expr, f"panel {panel.title!r}")
        for name, variable in dashboard.variables.items():
            if (
                variable.get("type") == "query"
                and type_of(dashboard, variable.get("datasource"), known) == "prometheus"
            ):
                for expr in _variable_query(variable):
                    yield DashboardQuery(dashboard, expr, f"variable {name!r}")
        for _, one in items(obj(dashboard.data, "annotations"), "list"):
            expr = text(one, "expr")
            if expr.strip() and type_of(dashboard, one.get("datasource"), known) == "prometheus":
                yield DashboardQuery(dashboard, expr, f"annotation {text(one, 'name')!r}")


def _known(environment: str) -> Any:
    return lambda platform: [
        one
        for where, one in memo(platform, "datasources", lambda inner: list(_datasources(inner)))
        if where in (environment, "")
    ]


def _variable_query(variable: Object) -> Iterator[str]:
    query = variable.get("query")
    value = text(query, "query") if isinstance(query, dict) else query if isinstance(query, str) else ""
    match = _LABEL_VALUES.fullmatch(value)
    if match:
        if match[1] and match[1].strip():
            yield match[1].strip()
        return
    match = _QUERY_RESULT.fullmatch(value)
    if match:
        yield match[1].strip()


def type_of(dashboard: Dashboard, reference: Any, known: list[Datasource]) -> str:
    """The type of the datasource that a panel or a query names; empty when it cannot be told."""
    if isinstance(reference, Mapping):
        if reference.get("type"):
            return str(reference["type"])
        reference = reference.get("uid")
    if reference in (None, "", "default"):
        default = [one.type for one in known if one.default] or [one.type for one in known if one.type == "prometheus"]
        return default[0] if default else "prometheus"
    if not isinstance(reference, str):
        return ""
    match = grafana.VARIABLE.fullmatch(reference)
    if match:
        variable = dashboard.variables.get(match[1] or match[2] or match[3]) or {}
        return str(variable.get("query") or "") if variable.get("type") == "datasource" else ""
    named = [one.type for one in known if reference in (one.uid, one.name)]
    if named:
        return named[0]
    return "prometheus" if reference.lower() == "prometheus" else ""
