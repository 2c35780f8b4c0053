"""Applications as a table, JSON, YAML or files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import yaml

from presync.argocd.model import Application, Expansion
from presync.platform.model import Entry
from presync.report.table import table

_HEADER = ("APPLICATION", "ENV", "PROJECT", "DESTINATION", "SOURCE", "SYNC")
_LEAST = ("PROJECT", "SYNC", "DESTINATION")  # what a narrow terminal does without, in this order


def render(entries: Sequence[Entry], output: str, width: int = 0) -> str:
    """All of them in one text; with a ``width`` (columns of a terminal) the table leaves columns out until it fits."""
    if output == "json":
        return json.dumps([entry.application.raw for entry in entries], indent=2) + "\n"
    if output == "yaml":
        return "---\n".join(_yaml(entry.application) for entry in entries)
    if output == "name":
        return "".join(f"{entry.name}\n" for entry in entries)
    rows = [
        [entry.name, entry.environment or "-", app.project, _destination(app), _source(app), _sync(app)]
        for entry in entries
        for app in [entry.application]
    ]
    shown = table(_HEADER, rows)
    for left_out in range(1, len(_LEAST) + 1):
        if not width or max(map(len, shown.splitlines())) <= width:
            break
        kept = [index for index, name in enumerate(_HEADER) if name not in _LEAST[:left_out]]
        shown = table([_HEADER[index] for index in kept], [[row[index] for index in kept] for row in rows])
    return shown


def files(entries: Sequence[Entry], expansions: Sequence[Expansion]) -> Mapping[str, str]:
    """File name to content for ``--out``."""
    out = {f"{name}.yaml": _yaml(entry.application) for name, entry in named(entries)}
    for expansion in expansions:
        if expansion.error:
            out[f"applicationset.{expansion.manifest.name}.error"] = expansion.error + "\n"
    return out


def named(entries: Sequence[Entry]) -> list[tuple[str, Entry]]:
    """Each with its file name: the Application's, with its namespace before it where two share a name."""
    names = [entry.name for entry in entries]
    return [
        (f"{entry.application.namespace}_{entry.name}" if names.count(entry.name) > 1 else entry.name, entry)
        for entry in entries
    ]


def _yaml(application: Application) -> str:
    return yaml.dump(dict(application.raw), Dumper=yaml.CSafeDumper, sort_keys=True, allow_unicode=True, width=4096)


def _destination(application: Application) -> str:
    destination = application.destination
    cluster = destination.cluster.removeprefix("https://")
    return f"{cluster}/{destination.namespace}" if destination.namespace else cluster


def _source(application: Application) -> str:
    shown = []
    for source in application.sources:
        place = source.chart or source.path or (f"${source.ref}" if source.ref else source.repo_url)
        revision = source.target_revision
        shown.append(f"{place}@{revision}" if revision and revision != "HEAD" else place)
    return " + ".join(shown) or "(none)"


def _sync(application: Application) -> str:
    automated = application.sync_policy.get("automated")
    if automated is None or automated.get("enabled") is False:
        return "manual"
    flags = [name for key, name in (("prune", "prune"), ("selfHeal", "heal")) if automated.get(key)]
    return "+".join(["auto", *flags])
