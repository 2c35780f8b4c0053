"""A value file holds a secret as plain text.

Told where no rendered object shows it already: a value that only becomes part of something, or that no template reads
in this environment. Judged are keys whose name says that they hold a password, token or key. The value is not shown.

Bad:

    # envs/prod/redis/values.yaml
    auth:
      password: hunter2

Good:

    # envs/prod/redis/values.yaml
    auth:
      existingSecret: redis-auth
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.provenance.leaves import leaves
from presync.render.chart import ChartFiles
from presync.render.trace import KeyPath
from presync.rules import sec011_secret_in_variable, sec012_secret_in_argument, sec013_secret_in_configmap
from presync.rules.credentials import is_secret, shown
from presync.rules.model import Match
from presync.rules.texts import rendered
from presync.rules.values import ours, uses

ID = "SEC015"
NAME = "secret-in-values"
SEVERITY = Severity.ERROR

_REMEDY = "Take it out, seal it (presync seal) and name the Secret instead. Change the value: git keeps the old one."


def check(platform: Platform) -> Iterator[Match]:
    """Every key of every value file of this tree, once for each file."""
    seen: set[tuple[str, tuple[str | int, ...]]] = set()
    told: set[str] | None = None
    for use in uses(platform):
        if not ours(platform, use):
            continue
        for path, value in leaves(use.scoped.layer.data):
            name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
            if not isinstance(value, str) or (use.file, path) in seen or not is_secret(name, value):
                continue
            seen.add((use.file, path))
            if _is_choice(use.trace.chart, path, value):
                continue
            told = _told(platform) if told is None else told
            if not any(value in text for text in told):
                yield Match(
                    f"{'.'.join(map(str, path))} holds a secret ({shown(value)}) as plain text",
                    _REMEDY,
                    use.entry,
                    location=use.locate((*use.scoped.prefix, *path)),
                    field=".".join(map(str, path)),
                    key=f"{use.file} {'.'.join(map(str, path))}",
                )


def _is_choice(chart: ChartFiles, path: KeyPath, value: str) -> bool:
    """Whether the chart's schema lists the value: `credentials: serviceAccount` says where they come from."""
    try:
        schema = json.loads(chart.files.get("values.schema.json", b"{}"))
    except ValueError:
        return False
    node: Any = schema
    for step in path:
        below = node.get("properties") if isinstance(node, dict) else None
        node = below.get(step) if isinstance(below, dict) else None
        if isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/$defs/"):
            node = schema.get("$defs", {}).get(node["$ref"].removeprefix("#/$defs/"))
    return isinstance(node, dict) and value in (node.get("enum") or ())


def _told(platform: Platform) -> set[str]:
    """Texts in which other rules find secrets, and the Secrets, whose being there in the clear is told by SEC001."""
    found = {
        one.value
        for rule in (sec011_secret_in_variable, sec012_secret_in_argument, sec013_secret_in_configmap)
        for match in rule.check(platform)
        for one in rendered(platform)
        if one.resource is match.resource and one.path == tuple(match.path)
    }
    for one in rendered(platform):
        if one.resource.kind == "Secret" and one.path[0] in ("data", "stringData"):
            found.add(one.value)
            try:
                found.add(base64.b64decode(one.value, validate=True).decode("utf-8", "replace"))
            except ValueError:
                continue
    return found
