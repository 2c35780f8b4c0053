"""The whole way from a rendered field back to the files people edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from presync.base.finding import Location
from presync.engine import EngineError
from presync.provenance import influence, probe
from presync.provenance.influence import MISSING, Prober, Target
from presync.provenance.lexer import parts
from presync.provenance.template import Lines
from presync.render.model import Resource
from presync.render.trace import HelmTrace, KeyPath

_DISTINCT = 12  # characters of a line that says something
_TRIED = 8  # places that may hold a text and are changed to see
_NAMES = ("alert", "record", "name", "uid", "title")  # what tells one entry of a list from the others
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
        found = self.files or self.lines
        if self.keys and not (found and self._only_an_option) and (not self.files or self.keys[0].value == self.value):
            return self.keys[0].location
        return found[0].location if found else Location()

    @property
    def _only_an_option(self) -> bool:
        """Whether the value is an empty default that nobody set: it could replace the text, which is from elsewhere."""
        return self.keys[0].default and not self.keys[0].value and bool(self.value) and self.keys[0].value is not False


def explain(resource: Resource, path: Sequence[str | int]) -> Chain:
    """Where a field of a resource that Helm rendered comes from.

    A field that is not there is explained by the value that could set it, else by the nearest parent.
    """
    value = influence.get(resource.data, path)
    trace = resource.trace
    if trace is None:
        return Chain(None if value is MISSING else value)
    known: dict[Any, Chain] = trace.memo.setdefault("chains", {})
    asked = (resource.template, resource.kind, resource.namespace, resource.name, tuple(path))
    if asked not in known:
        known[asked] = _explain(resource, trace, tuple(path), value)
    return known[asked]


def _explain(resource: Resource, trace: HelmTrace, path: tuple[str | int, ...], value: Any) -> Chain:
    target = Target(resource.template, resource.kind, resource.name, path)
    lines = _lines(trace, target)
    keys: tuple[Key, ...] = ()
    prober = probe.prober(trace, target.template)
    if path and target.template in prober.base:
        literal = bool(lines) and _literal(lines[0].text, path[-1], value)
        if lines and not literal:
            handed = tuple(_handed_over(trace, prober, target, value))
            lines, literal = (*handed, *lines), bool(handed)
        keys = tuple(_key(trace, one) for one in influence.sources(prober, target, thorough=not literal))
        if not keys and value is MISSING:
            keys = tuple(_key(trace, one) for one in _above(prober, target))
    files = tuple(_files(trace, prober, target, value))
    if not files and lines and "toYaml" in lines[0].text:
        files = tuple(_entry(trace, prober, target, resource.data))
    return Chain(None if value is MISSING else value, keys, lines, files)


def _above(prober: Prober, target: Target) -> list[KeyPath]:
    """The values that became the nearest parent of a field that is not there, where they became it as it is."""
    for length in range(len(target.path) - 1, 0, -1):
        parent = replace(target, path=target.path[:length])
        found = prober.base_value(parent)
        if found is not MISSING:
            return influence.sources(prober, parent) if isinstance(found, dict) and found else []
    return []


def _handed_over(trace: HelmTrace, prober: Prober, target: Target, value: Any) -> Iterator[Line]:
    """The line that spells the field out in a template whose text another one reads (``fromYaml``) and prints again.

    As with files, that it sets the field is found by changing it.
    """
    key = target.path[-1]
    if not isinstance(value, str) or not isinstance(key, str) or len(value) < _DISTINCT or "\n" in value:
        return
    files = trace.narrowed(prober.template) if prober.template else trace.bare.files
    found = [
        (path, at, line.strip())
        for path, data in sorted(files.items())
        if "templates/" in path
        for at, line in enumerate(data.decode("utf-8", "replace").split("\n"))
        if value in line and _literal(line, key, value)
    ]
    for path, at, text in found[:_TRIED]:
        if _tried(trace, prober, target, (path, at, value)) == "changed":
            yield Line(Location(trace.bare.origins.get(path, path), at + 1), text)
            return


def _files(trace: HelmTrace, prober: Prober, target: Target, value: Any) -> Iterator[Line]:
    """The line of a file of the chart that holds a text: the whole of it, or where most of its lines are from.

    Many files may hold a text. The one that sets the field is found by changing it: the field changes too, or nothing
    is rendered any more.
    """
    if not isinstance(value, str) or len(value) < _DISTINCT:
        return
    wanted = [line.strip() for line in value.split("\n") if len(line.strip()) >= _DISTINCT]
    if not wanted or target.template not in prober.base:
        return
    found = sorted(_holding(trace, target, wanted))
    yield from _setting(trace, prober, target, [(path, at, wanted[0], text) for _, _, path, at, text in found])


def _setting(
    trace: HelmTrace, prober: Prober, target: Target, places: Sequence[tuple[str, int, str, str]]
) -> Iterator[Line]:
    """Of places (file, index of the line, text in it to change, line) the one that sets the field, if any may."""
    refused: Line | None = None
    for path, at, changed, text in places[:_TRIED]:
        line = Line(Location(trace.bare.origins.get(path, path), at + 1), text)
        outcome = _tried(trace, prober, target, (path, at, changed))
        if outcome == "changed":
            yield line
            return
        if outcome == "refused" and refused is None:
            refused = line
    if refused is not None:
        yield refused


class _Text:
    """A file of a chart that is no template, read once."""

    def __init__(self, data: bytes) -> None:
        self.whole = data.decode("utf-8", "replace")

    @cached_property
    def lines(self) -> list[str]:
        return self.whole.split("\n")

    @cached_property
    def stripped(self) -> list[str]:
        return [line.strip() for line in self.lines]

    @cached_property
    def distinct(self) -> frozenset[str]:
        return frozenset(self.stripped)


def _texts(trace: HelmTrace) -> dict[str, _Text]:
    """The files that a text of an object may come from."""
    if "texts" not in trace.memo:
        files = trace.bare.files.items()
        trace.memo["texts"] = {path: _Text(data) for path, data in files if not _OTHER.search(path)}
    found: dict[str, _Text] = trace.memo["texts"]
    return found


def _holding(trace: HelmTrace, target: Target, wanted: Sequence[str]) -> Iterator[tuple[int, int, str, int, str]]:
    """Where the text may come from, the likeliest first: lines it shares, and words with the name of the object."""
    forms = (wanted[0], _escaped(wanted[0]))
    for path, text in _texts(trace).items():
        if len(wanted) == 1 and not any(form in text.whole for form in forms):
            continue
        lines = text.stripped
        shared = len(text.distinct.intersection(wanted)) if len(wanted) > 1 else 0
        at = next((at for at, line in enumerate(lines) if any(form in line for form in forms)), -1)
        if shared * 2 < len(set(wanted)) and (at < 0 or len(wanted) > 1):
            continue
        if at < 0:
            at = next(at for at, line in enumerate(lines) if line in wanted)
        yield -shared, -_alike(path, target), path, at, lines[at]


def _alike(path: str, target: Target) -> int:
    """How well the name of a file fits that of the object: as many of its words as there are, and no others."""
    words = {word for word in re.split(r"[^a-z0-9]+", target.name.lower()) if word}
    named = set(re.split(r"[^a-z0-9]+", path.lower().rpartition("/")[2].rpartition(".")[0]))
    return len(words & named) - len(named - words)


def _tried(trace: HelmTrace, prober: Prober, target: Target, place: tuple[str, int, str]) -> str:
    """What becomes of the field when the text in that line is another: ``changed``, ``same``, or ``refused``."""
    known: dict[Any, Any] = trace.memo.setdefault("changed files", {})
    key = (target.template, *place)
    if key not in known:
        path, at, text = place
        lines = trace.bare.files[path].decode("utf-8", "replace").split("\n")
        shown = text if text in lines[at] else _escaped(text)
        lines[at] = lines[at].replace(shown, f"{shown[:-1]}{'x' if shown[-1] != 'x' else 'y'}") if shown else ""
        files = dict(trace.narrowed(prober.template) if prober.template else trace.bare.files)
        files[path] = "\n".join(lines).encode()
        try:
            known[key] = trace.engine.variants(trace.asking(files), [])[0]
        except EngineError:
            known[key] = None
    answer = known[key]
    if answer is None:
        return "refused"
    return (
        "same" if prober.value_in(answer.get(target.template) or "", target) == prober.base_value(target) else "changed"
    )


def _entry(trace: HelmTrace, prober: Prober, target: Target, data: Any) -> Iterator[Line]:
    """The line in a file of the chart of an entry that came here whole: the alert of a rule file, by its name.

    Where several files have an entry of the name, it is the one whose change changes the field.
    """
    path = target.path
    for length in range(len(path), 0, -1):
        parent = influence.get(data, path[:length])
        names = [name for name in _NAMES if isinstance(parent, dict) and isinstance(parent.get(name), str)]
        if not names:
            continue
        name, value = names[0], parent[names[0]]
        pattern = re.compile(rf"""\s*(?:- )?["']?{name}["']?:\s*["']?{re.escape(value)}["']?,?\s*$""")
        beside, index = influence.get(data, path[: length - 1]), path[length - 1]
        before = beside[:index] if isinstance(beside, list) and isinstance(index, int) else []
        earlier = sum(isinstance(one, dict) and one.get(name) == value for one in before)
        places = []
        holding = [(file, text.lines) for file, text in _texts(trace).items() if value in text.whole]
        for file, lines in sorted(holding, key=lambda one: -_alike(one[0], target)):
            found = [at for at, line in enumerate(lines) if pattern.match(line)]
            if len(found) > earlier:
                at = _below(lines, found[earlier], path[length:])
                line, shown = lines[at].strip(), str(influence.get(data, path))
                places.append((file, at, shown if shown and shown in line else line, line))
        if len(places) == 1:
            file, at, _, text = places[0]
            yield Line(Location(trace.bare.origins.get(file, file), at + 1), text)
        elif places:
            yield from _setting(trace, prober, target, places)
        if places:
            return


def _ends(line: str, indent: int) -> bool:
    """Whether an entry indented so far is over with this line."""
    column = len(line) - len(line.lstrip())
    return bool(line.strip()) and (column < indent or (column == indent and line.lstrip().startswith("- ")))


def _below(lines: Sequence[str], start: int, path: Sequence[str | int]) -> int:
    """The line of a field of the entry that begins here, as far down as it is there."""
    at = start
    indent = len(lines[start]) - len(lines[start].lstrip())
    after = range(start + 1, len(lines))
    end = next((one for one in after if _ends(lines[one], indent)), len(lines))
    for step in path:
        found = [
            one for one in range(at, end) if re.search(rf"""(?:^|[\s{{,"'-]){re.escape(str(step))}["']?:""", lines[one])
        ]
        if isinstance(step, int) or not found:
            break
        at = found[0]
    return at


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def setters(resource: Resource, path: Sequence[str | int]) -> tuple[tuple[Key, str], ...]:
    """The values, empty now, that would put a text there which is not there, each with what would stand before it."""
    trace = resource.trace
    if trace is None or not path:
        return ()
    target = Target(resource.template, resource.kind, resource.name, tuple(path))
    prober = probe.prober(trace, target.template)
    return tuple((_key(trace, one), before) for one, before in influence.setters(prober, target))


def _literal(line: str, key: str | int, value: Any) -> bool:
    """Whether the line of the template spells the field out, so that only a condition around it could be a value."""
    text = "".join(part.text for part in parts(line) if not part.action)
    if isinstance(value, bool):
        value = "true" if value else "false"
    if str(value) not in text:
        return False  # a text may be long, and a pattern of it slow
    word = re.escape(str(value))
    if re.search(rf'"{re.escape(str(key))}"\s+"?{word}(?:["\s)]|$)', line):  # (dict "key" value)
        return True
    return re.search(rf'(?:^|[\s"\']){word}(?:[\s"\']|$)', text) is not None and (isinstance(key, int) or key in text)


def within(resource: Resource, path: Sequence[str | int], quote: str) -> Location | None:
    """The line that printed a piece of a text, such as a field of a Pod template in a ConfigMap."""
    if resource.trace is None or not quote:
        return None
    target = Target(resource.template, resource.kind, resource.name, tuple(path))
    return _printer(resource.trace, target.template).within(target, quote)


def _printer(trace: HelmTrace, template: str) -> Lines:
    key = f"lines {template}"
    if key not in trace.memo:
        trace.memo[key] = Lines(trace, template)
    lines: Lines = trace.memo[key]
    return lines


def _lines(trace: HelmTrace, target: Target) -> tuple[Line, ...]:
    lines = _printer(trace, target.template)
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
        return Key(path, value, parameter(trace, path), False, tuple(location for _, location in settings))
    first, *hidden = settings
    return Key(path, value, first[1], first[0].default, tuple(location for _, location in hidden))


def parameter(trace: HelmTrace, path: KeyPath) -> Location:
    """The line of the parameter that sets the key; the Application's place where there is none to be seen."""
    name = ""
    for step in path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step.replace(".", "\\.")
    found = [key for key in trace.parameters if name == key or name.startswith((f"{key}.", f"{key}["))]
    return trace.parameters[max(found, key=len)] if found else trace.place


def _same(scoped: Any, path: KeyPath, value: Any) -> bool:
    """Whether the layer's value is the one that counts; a parameter of the Application may lie above all layers."""
    return bool(influence.get(scoped.layer.data, path[len(scoped.prefix) :]) == value)
