"""What a table is, and writing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporters.exposition import Families

FOLDER = Path(__file__).resolve().parents[1] / "presync" / "observability" / "tables"


@dataclass(frozen=True)
class Read:
    """What was found out about an exporter: names, of which version, and by which means."""

    families: Families
    version: str
    source: str  # "process", "documentation", or "process and documentation"
    note: str = ""


@dataclass(frozen=True)
class Exporter:
    """An exporter, how presync knows that a tree deploys it, and how its metrics are found out.

    images are globs over the repository of a container's image (without registry and tag). names are globs over names
    of charts and Applications that are not rendered, and of Services that are not seen. prefixes belong to the exporter
    alone: a name with one of them that is not in the table is a mistake. open: the table does not hold every name, so
    nothing with its prefixes is judged.
    """

    name: str
    read: Callable[[Path], Read]
    images: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    always: bool = False  # part of every cluster
    open: bool = False


def write(exporter: Exporter, found: Read) -> Path:
    """The table as a file; the same names give the same bytes."""
    head: dict[str, Any] = {
        "exporter": exporter.name,
        "version": found.version,
        "source": found.source,
        "note": found.note,
        "always": exporter.always,
        "open": exporter.open,
        "images": list(exporter.images),
        "names": list(exporter.names),
        "prefixes": list(exporter.prefixes),
    }
    lines = ["{"]
    lines += [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}," for key, value in head.items()]
    lines.append('  "metrics": {')
    rows = []
    for name, family in sorted(found.families.items()):
        labels = None if family.labels is None else sorted(family.labels)
        rows.append(f"    {json.dumps(name)}: {json.dumps([family.type, labels])}")
    lines.append(",\n".join(rows))
    lines += ["  }", "}", ""]
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{exporter.name}.json"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def known(name: str) -> Families:
    """The families of a table as it was written last."""
    from exporters.exposition import Family  # noqa: PLC0415 - only here

    path = FOLDER / f"{name}.json"
    data = json.loads(path.read_text("utf-8"))["metrics"] if path.is_file() else {}
    return {key: Family(kind, None if labels is None else set(labels)) for key, (kind, labels) in data.items()}
