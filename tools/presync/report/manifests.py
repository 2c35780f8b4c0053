"""Rendered resources as one stream, or as files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from presync.platform.model import Entry
from presync.render.model import Resource
from presync.render.output import dump
from presync.report.applications import named

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def render(entries: Sequence[Entry], output: str) -> str:
    """Everything in one text, a comment before each Application in YAML."""
    if output == "json":
        document = [
            {
                "application": entry.name,
                "environment": entry.environment,
                "error": entry.rendered.error or entry.rendered.unavailable,
                "denied": [denial.message for denial in entry.denials],
                "resources": [dict(resource.data) for resource in entry.rendered.resources],
            }
            for entry in entries
        ]
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return "".join(
        f"---\n# Application: {entry.name}\n{dump([resource])}"
        for entry in entries
        for resource in entry.rendered.resources
    )


def files(entries: Sequence[Entry], split: bool) -> Mapping[str, str]:
    """File name to content for ``--out``."""
    out: dict[str, str] = {}
    for name, entry in named(entries):
        rendered = entry.rendered
        reason = rendered.error or rendered.unavailable
        if reason:
            out[f"{name}.error"] = reason.rstrip("\n") + "\n"
        elif split:
            out.update(_split(name, rendered.resources))
        else:
            out[f"{name}.yaml"] = dump(rendered.resources)
        if entry.denials:
            out[f"{name}.denied"] = "".join(f"{denial.message}\n" for denial in entry.denials)
    return out


def _split(name: str, resources: Sequence[Resource]) -> Mapping[str, str]:
    out: dict[str, str] = {}
    for resource in resources:
        parts = (resource.namespace, resource.kind, resource.group, resource.name)
        stem = "_".join(_UNSAFE.sub("-", part) for part in parts if part)
        path, count = f"{name}/{stem}.yaml", 1
        while path in out:
            count += 1
            path = f"{name}/{stem}_{count}.yaml"
        out[path] = dump([resource])
    return out
