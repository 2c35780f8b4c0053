"""Where a field comes from, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Location
from presync.platform.model import Entry
from presync.provenance import Chain
from presync.render.model import Resource
from presync.rules.model import Path, dotted

_WIDTH = 12


def as_text(entry: Entry, resource: Resource, path: Path, chain: Chain, place: Location) -> str:
    """The chain, from the field down to what makes the Application; the line to edit comes first."""
    lines = [f"{entry.name}  {resource}"]
    if path:
        lines.append(f"{dotted(path)}: {_shown(resource, path, chain.value)}")
    lines.append("")
    rows = [("edit", str(place), "")] if place.file else []
    for key in chain.keys:
        what = f"{dotted(key.path)}: {_short(key.value)}" if not _secret(resource, path) else dotted(key.path)
        rows.append(("default" if key.default else "set by", str(key.location), what))
        rows += [("  hides", str(hidden), "") for hidden in key.hides]
    rows += [("text of", str(line.location), line.text) for line in chain.files]
    rows += [("printed by", str(line.location), line.text) for line in chain.lines]
    if not chain.lines and resource.source.file:
        rows.append(("rendered from", str(resource.source), ""))
    rows += list(_application(entry, resource))
    for label, where, what in rows:
        lines.append(f"{label:<{_WIDTH}} {where}".rstrip())
        if what:
            lines.append(f"{'':<{_WIDTH}}   {what}")
    return "\n".join(lines) + "\n"


def as_json(entry: Entry, resource: Resource, path: Path, chain: Chain, place: Location) -> str:
    """The same, for a program."""
    document = {
        "version": 1,
        "application": entry.name,
        "environment": entry.environment,
        "resource": str(resource),
        "field": dotted(path),
        "value": None if _secret(resource, path) else chain.value if path else None,
        "edit": _place(place),
        "keys": [
            {
                "key": dotted(key.path),
                "value": None if _secret(resource, path) else key.value,
                **_place(key.location),
                "default": key.default,
                "hides": [_place(hidden) for hidden in key.hides],
            }
            for key in chain.keys
        ],
        "files": [{**_place(line.location), "text": line.text} for line in chain.files],
        "templates": [{**_place(line.location), "text": line.text} for line in chain.lines],
        "applications": [
            {"what": label.strip(), "where": where, "name": what}
            for label, where, what in _application(entry, resource)
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n"


def _application(entry: Entry, resource: Resource) -> Iterator[tuple[str, str, str]]:
    """What decides that the object is rendered, and from which value files."""
    trace, origin = resource.trace, entry.application.origin
    if trace is not None:
        for layer in reversed(trace.layers):
            yield "values", str(layer.location), ""
    for parameters in reversed(origin.parameters):
        yield "generated", str(parameters), ""
    kind = f"ApplicationSet {origin.application_set}" if origin.application_set else f"Application {entry.name}"
    yield "declared", str(origin.location), kind
    if origin.parent:
        yield "  within", f"Application {origin.parent}", ""


def _secret(resource: Resource, path: Path) -> bool:
    return resource.kind == "Secret" and not resource.group and bool(path) and path[0] in ("data", "stringData")


def _shown(resource: Resource, path: Path, value: Any) -> str:
    return "(not shown)" if _secret(resource, path) else _short(value)


def _short(value: Any) -> str:
    if isinstance(value, Mapping | list):
        text = json.dumps(value, ensure_ascii=False, default=str)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = "null" if value is None else str(value)
    text = text.replace("\n", "\\n")
    return text if len(text) <= 80 else f"{text[:77]}..."


def _place(location: Location) -> dict[str, Any]:
    return {"file": location.file, "line": location.line or None, "column": location.column or None}
