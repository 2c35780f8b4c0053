"""Helm's account of a failed ``values.schema.json``, as one problem per place with the line to edit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from presync.base.finding import Location, Problem
from presync.render.chart import ChartFiles
from presync.render.layers import Layer, locate
from presync.render.likely import likely_key

START = "values don't meet the specifications of the schema(s) in the following chart(s):"
_ENTRY = re.compile(r"- at '(?P<pointer>(?:[^'\\]|\\.)*)': (?P<message>.*)$")
_NOT_A_VALUE = " is not a value of this chart"
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    message: str


def problems(message: str, chart: ChartFiles, layers: Sequence[Layer], otherwise: Location) -> tuple[Problem, ...]:
    """One problem per entry of the message; an entry that names several unknown keys gives one for each."""
    found = []
    for prefix, schema, entry in _entries(message, chart):
        for path, text in _split(entry):
            full = (*prefix, *path)
            where = locate(layers, full)
            meant = (
                likely_key(chart.files.get("values.schema.json", b""), path) if _unknown(text) and not prefix else ""
            )
            remedies = [f"Did you mean {meant}?" if meant else "", f"See {schema}." if schema else ""]
            found.append(
                Problem(
                    "values-schema",
                    text,
                    " ".join(remedy for remedy in remedies if remedy),
                    field=dotted(full),
                    location=where if where.file else otherwise,
                )
            )
    return tuple(found)


def dotted(path: Sequence[str | int]) -> str:
    """``a.b[0]``; a key with a dot in quotes."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        else:
            out += ("." if out else "") + (f'"{step}"' if "." in step or not step else step)
    return out


def _entries(message: str, chart: ChartFiles) -> Iterator[tuple[Path, str, _Entry]]:
    """Each entry with the values path of its chart and the chart's schema file."""
    names: dict[str, Path] = {chart.name: ()}
    for path in sorted(chart.names(), key=len):
        names.setdefault(path[-1], path)
    prefix: Path = ()
    schema = chart.origins.get("values.schema.json", "")
    entry: _Entry | None = None
    for line in message.removeprefix(START).splitlines():
        matched = _ENTRY.match(line)
        if not matched and entry and line.startswith(" "):
            entry = _Entry(entry.path, f"{entry.message}; {line.strip().removeprefix('- ')}")
            continue
        if entry:
            yield prefix, schema, entry
            entry = None
        if matched:
            entry = _Entry(_path(matched["pointer"], chart, prefix), matched["message"])
        elif line.endswith(":") and line[:-1] in names:
            prefix = names[line[:-1]]
            schema = _schema_of(chart, prefix)
        elif line.strip():
            entry = _Entry((), line.strip())
    if entry:
        yield prefix, schema, entry


def _schema_of(chart: ChartFiles, prefix: Path) -> str:
    if not prefix:
        return chart.origins.get("values.schema.json", "")
    folder = "/".join(f"charts/{step}" for step in prefix)
    source = f"{chart.name}/{folder}/values.schema.json"
    origin = chart.origin(source)
    return "" if origin == source else origin


def _path(pointer: str, chart: ChartFiles, prefix: Path) -> Path:
    """A JSON pointer's steps; numbers are indexes."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in _unquote(pointer).split("/")[1:]]
    return tuple(int(step) if step.isdigit() else step for step in steps)


def _split(entry: _Entry) -> Iterator[tuple[Path, str]]:
    """Unknown keys are reported where they stand, one by one."""
    if entry.message.startswith("additional properties "):
        for key in _QUOTED.findall(entry.message.partition(";")[0]):
            yield (*entry.path, _unquote(key)), f"{_unquote(key)!r}{_NOT_A_VALUE}"
    else:
        yield entry.path, entry.message


def _unknown(text: str) -> bool:
    return text.endswith(_NOT_A_VALUE)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
