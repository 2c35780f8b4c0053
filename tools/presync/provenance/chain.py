"""The whole way from a rendered field back to the files people edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from presync.base.finding import Location
from presync.provenance import influence, probe
from presync.provenance.influence import MISSING, Target
from presync.provenance.lexer import parts
from presync.provenance.template import Lines
from presync.render.model import Resource
from presync.render.trace import HelmTrace, KeyPath

_DISTINCT = 12  # characters of a line that says something
_OTHER = re.compile(
    r"(?:^|/)(?:templates/|values(?:\.schema)?\.(?:yaml|json)$|Chart\.(?:yaml|lock)$|README\.md$|ci/|crds/)"
)


@dataclass(frozen=True, slots=True)
class Key:
    """A value the field depends on: where it is set now, and the settings below that it hides."""

    path: KeyPath
    value: Any
    location: Location
    default: bool  # nobody but the chart itself sets it
    hides: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a template that printed the field."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Chain:
    """``keys``, ``files`` and ``lines``: the one to edit first. All are empty where nothing could be found out.

    ``files`` are lines of the chart's other files (``.Files.Get``) that hold the text.
    """

    value: Any
    keys: tuple[Key, ...] = ()
    lines: tuple[Line, ...] = ()
    files: tuple[Line, ...] = ()

    @property
    def location(self) -> Location:
        """The line to edit: the value's, else that of the file that holds the text, else the template's."""
        if self.keys and (not self.files or self.keys[0].value == self.value):
            return self.keys[0].location
        found = self.files or self.lines
        return found[0].location if found else Location()


def explain(resource: Resource, path: Sequence[str | int]) -> Chain:
    """Where a field of a resource that Helm rendered comes from.

    A field that is not there is explained by the value that could set it, else by the nearest parent.
    """
    value = influence.get(resource.data, path)
    trace = resource.trace
    if trace is None:
        return Chain(None if value is MISSING else value)
    target = Target(resource.template, resource.kind, resource.name, tuple(path))
    lines = _lines(trace, target)
    keys: tuple[Key, ...] = ()
    prober = probe.prober(trace)
    if path and target.template in prober.base:
        literal = bool(lines) and _literal(lines[0].text, path[-1], value)
        keys = tuple(_key(trace, one) for one in influence.sources(prober, target, thorough=not literal))
    return Chain(None if value is MISSING else value, keys, lines, tuple(_files(trace, value)))


def _files(trace: HelmTrace, value: Any) -> Iterator[Line]:
    """The line of a file of the chart that holds a text: the whole of it, or where most of its lines are from."""
    if not isinstance(value, str) or len(value) < _DISTINCT:
        return
    wanted = [line.strip() for line in value.split("\n") if len(line.strip()) >= _DISTINCT]
    if not wanted:
        return
    best: tuple[int, str, int, str] | None = None
    for path, data in trace.bare.files.items():
        if _OTHER.search(path):
            continue
        lines = [line.strip() for line in data.decode("utf-8", "replace").split("\n")]
        shared = len(set(wanted) & set(lines)) if len(wanted) > 1 else 0
        at = next((at for at, line in enumerate(lines) if wanted[0] in line or _escaped(wanted[0]) in line), -1)
        if shared * 2 < len(set(wanted)) and (at < 0 or len(wanted) > 1):
            continue
        if at < 0:
            at = next(at for at, line in enumerate(lines) if line in wanted)
        if best is None or shared > best[0]:
            best = (shared, path, at, lines[at])
    if best is not None:
        _, path, at, text = best
        yield Line(Location(trace.bare.origins.get(path, path), at + 1), text)


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _literal(line: str, key: str | int, value: Any) -> bool:
    """Whether the line of the template spells the field out, so that only a condition around it could be a value."""
    text = "".join(part.text for part in parts(line) if not part.action)
    if isinstance(value, bool):
        value = "true" if value else "false"
    word = re.escape(str(value))
    if re.search(rf'"{re.escape(str(key))}"\s+"?{word}(?:["\s)]|$)', line):  # (dict "key" value)
        return True
    return re.search(rf'(?:^|[\s"\']){word}(?:[\s"\']|$)', text) is not None and (isinstance(key, int) or key in text)


def _lines(trace: HelmTrace, target: Target) -> tuple[Line, ...]:
    if "lines" not in trace.memo:
        trace.memo["lines"] = Lines(trace)
    lines: Lines = trace.memo["lines"]
    places = lines.find(target)
    by_origin = {origin: path for path, origin in trace.bare.origins.items()}
    return tuple(
        Line(place, lines.source(by_origin.get(place.file, place.file), place.line).strip())
        for place in dict.fromkeys(places)
        if by_origin.get(place.file, place.file) in trace.bare.files
    )


def _key(trace: HelmTrace, path: KeyPath) -> Key:
    value = influence.get(trace.effective, path)
    settings = trace.setting(path)
    if not settings or not _same(settings[0][0], path, value):
        return Key(path, value, _parameter(trace, path), False, tuple(location for _, location in settings))
    first, *hidden = settings
    return Key(path, value, first[1], first[0].default, tuple(location for _, location in hidden))


def _parameter(trace: HelmTrace, path: KeyPath) -> Location:
    """The line of the parameter that sets the key; the Application's place where there is none to be seen."""
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step.replace(".", "\\.")
    found = [key for key in trace.parameters if name == key or name.startswith((f"{key}.", f"{key}["))]
    return trace.parameters[max(found, key=len)] if found else trace.place


def _same(scoped: Any, path: KeyPath, value: Any) -> bool:
    """Whether the layer's value is the one that counts; a parameter of the Application may lie above all layers."""
    return bool(influence.get(scoped.layer.data, path[len(scoped.prefix) :]) == value)
