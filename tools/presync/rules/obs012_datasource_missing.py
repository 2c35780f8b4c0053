"""A dashboard asks a datasource that is not provisioned.

Its panels show an error. Judged where the datasources of the environment's Grafana can be seen; a variable of the
type datasource needs at least one of its kind.

Bad:

    # datasources.yaml has {name: Prometheus, uid: prometheus, type: prometheus}
    {"datasource": {"type": "prometheus", "uid": "PBFA97CFB590B2093"}}

Good:

    {"datasource": {"type": "prometheus", "uid": "prometheus"}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from presync.base.finding import Severity
from presync.observability import grafana
from presync.observability.dashboards import BUILT_IN, Dashboard, Datasource, dashboards, datasources
from presync.platform.model import Platform
from presync.platform.validation.access import items, obj
from presync.rules.model import Match

ID = "OBS012"
NAME = "datasource-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Each missing datasource once per dashboard."""
    for board in dashboards(platform):
        known = datasources(platform, board.entry.environment)
        if known is None:
            continue
        missing = {name: where for where, reference in _references(board) if (name := _missing(reference, known))}
        for name, variable in board.variables.items():
            kind = str(variable.get("query") or "")
            if variable.get("type") == "datasource" and kind and all(one.type != kind for one in known):
                missing[f"of the type {kind}"] = f"variable {name!r}"
        for name, where in missing.items():
            there = ", ".join(sorted(f"{one.uid} ({one.type})" for one in known))
            yield Match(
                f"{where} of dashboard {board.title!r} asks a datasource {name}, which there is not",
                f"Datasources there are: {there}.",
                board.entry,
                board.resource,
                board.path,
                key=f"{board.title} {name}",
                quote=str(name),
            )


def _references(board: Dashboard) -> Iterator[tuple[str, Any]]:
    for panel in board.panels():
        yield f"panel {panel.title!r}", panel.data.get("datasource")
        for _, target in items(panel.data, "targets"):
            yield f"panel {panel.title!r}", target.get("datasource")
    for name, variable in board.variables.items():
        yield f"variable {name!r}", variable.get("datasource")
    for _, one in items(obj(board.data, "annotations"), "list"):
        yield f"annotation {one.get('name')!r}", one.get("datasource")


def _missing(reference: Any, known: tuple[Datasource, ...]) -> str:
    value = reference.get("uid") if isinstance(reference, dict) else reference
    if not isinstance(value, str) or not value or value in BUILT_IN or grafana.VARIABLE.search(value):
        return ""
    return "" if any(value in (one.uid, one.name) for one in known) else value
