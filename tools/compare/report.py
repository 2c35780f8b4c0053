"""What was noted of each case, as tables in a document."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from compare.theirs import theirs
from tests.mutations.support import Case, cases

LINE, NAMED, VAGUE, MISSED, NOTHING = "line", "yes", "vague", "no", "–"
KINDS = (LINE, NAMED, VAGUE, MISSED, NOTHING)
COLUMNS = (
    "presync",
    "helm",
    "kubeconform",
    "API server",
    "promtool, amtool",
    "kube-linter",
    "kube-linter, all checks",
    "gator, library",
    "gator, our policies",
)

Told = dict[str, dict[str, Any]]


def write(document: Path, cells: Path) -> None:
    """Each table between its markers."""
    text = document.read_text()
    for name, table in (
        ("totals", _totals(cells)),
        ("theirs", _table(cells, theirs())),
        ("cases", _grouped(cells, cases("mistakes"))),
    ):
        start, end = f"<!-- {name}:start -->\n", f"<!-- {name}:end -->"
        before, found, rest = text.partition(start)
        if not found:
            raise SystemExit(f"{document} has no line {start.strip()}")
        text = before + start + table + end + rest.partition(end)[2]
    document.write_text(text)


def _told(cells: Path, which: list[Case]) -> list[tuple[Case, Told]]:
    found = [(one, cells / f"{one.name}.json") for one in which]
    done = [(one, json.loads(file.read_text())) for one, file in found if file.is_file()]
    return sorted(done, key=lambda pair: (pair[1]["presync"]["cell"].startswith("**"), pair[1]["presync"]["cell"]))


def _cell(told: Told, name: str) -> str:
    return str(told.get(name, {}).get("cell", ""))


def _grouped(cells: Path, which: list[Case]) -> str:
    """Of what only presync names: rule and mistake, by the letters of the rule; of the rest, every cell."""
    told = _told(cells, which)
    alone = [pair for pair in told if all(_cell(pair[1], name) in {MISSED, NOTHING, ""} for name in COLUMNS[1:])]
    groups: dict[str, list[str]] = {}
    for case, one in alone:
        rule = _cell(one, "presync").partition(" ")[0]
        groups.setdefault(rule[:3], []).append(f"{case.what} ({rule})")
    lines = ["", f"Named by presync alone, {len(alone)} of {len(told)}:", ""]
    lines += [f"* {'; '.join(sorted(group))}." for _, group in sorted(groups.items())]
    others = [case for case, _ in told if case not in [one for one, _ in alone]]
    return "\n".join(lines) + f"\n\nThe other {len(others)}:\n\n" + _table(cells, others)


def _table(cells: Path, which: list[Case]) -> str:
    lines = ["| mistake | " + " | ".join(COLUMNS) + " |", "|" + "---|" * (len(COLUMNS) + 1)]
    for case, told in _told(cells, which):
        lines.append(f"| {case.what} | " + " | ".join(_cell(told, name) for name in COLUMNS) + " |")
    return "\n".join(lines) + "\n"


def _totals(cells: Path) -> str:
    every = [told for _, told in _told(cells, cases("mistakes"))]
    lines = ["| | line | yes | vague | no | – |", "|---|---|---|---|---|---|"]
    for name in COLUMNS:
        count = Counter(_kind(_cell(told, name)) for told in every)
        lines.append(f"| {name} | " + " | ".join(str(count[kind]) for kind in KINDS) + " |")
    return "\n".join(lines) + "\n"


def _kind(cell: str) -> str:
    """The cell of presync names rule and place; an empty one is of a tool that was not there."""
    return cell if cell in KINDS or not cell else MISSED if cell.startswith("**") else LINE
