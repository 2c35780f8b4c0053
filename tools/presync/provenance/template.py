"""Which line of which template printed a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from presync.base import goyaml
from presync.base.finding import Location
from presync.engine import EngineError
from presync.provenance import influence
from presync.provenance.influence import Target
from presync.provenance.instrument import MARK, Mark, instrument, marks
from presync.render.trace import HelmTrace

_SEPARATOR = re.compile(r"^---[ \t]*", re.MULTILINE)
_INCLUDE = re.compile(r'\b(?:include|template)\s+"([^"]+)"')
_DEFINE = re.compile(r'\{\{-?\s*define\s+"([^"]+)"')
_TRIED = 8  # lines that may set a field and are changed to see
_TEMPLATE = re.compile(r"(?:^|/)templates/.+")


@dataclass(slots=True)
class Lines:
    """The output of one template with every line marked."""

    trace: HelmTrace
    template: str
    paths: list[str] = field(init=False)
    outputs: Mapping[str, str] = field(init=False)
    _defines: dict[str, tuple[str, int]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        files = self.trace.narrowed(self.template)
        self.paths = sorted(path for path in files if _TEMPLATE.search(path))
        self.outputs = self._render(files, careful=False) or self._render(files, careful=True) or {}

    def _render(self, narrowed: Mapping[str, bytes], careful: bool) -> Mapping[str, str] | None:
        files = dict(narrowed)
        for number, path in enumerate(self.paths):
            text = files[path].decode("utf-8", "replace")
            files[path] = instrument(text, number, careful).encode()
        try:
            answers = self.trace.engine.variants(self.trace.asking(files), [])
        except EngineError:
            return None
        return None if answers[0] is None else {path: text for path, text in answers[0].items() if text is not None}

    def find(self, target: Target) -> list[Location]:
        """The lines that printed the field: the innermost template first, then those that included it."""
        found = self._printed(target)
        return self._places(*found, target) if found else []

    def within(self, target: Target, quote: str) -> Location | None:
        """The line that printed a piece of the text at the path."""
        printed = self._printed(target)
        if printed is None:
            return None
        text, node = printed
        lines = text.split("\n")[goyaml.locate(node, target.path).line - 1 :]
        found = next((marks(line) for line in lines if quote in line), [])
        return self._place(found[0]) if found else None

    def _printed(self, target: Target) -> tuple[str, yaml.Node] | None:
        """The text with the marks in which the object stands, and the object in it."""
        for text in _SEPARATOR.split(self.outputs.get(target.template, "")):
            try:
                documents = list(goyaml.documents(text))
            except goyaml.GoYamlError:
                continue
            for document in documents:
                if _is(document.data, target):
                    return text, document.node
        return None

    def _places(self, text: str, node: yaml.Node, target: Target) -> list[Location]:
        line = goyaml.locate(node, target.path).line
        lines = text.split("\n")
        found: list[Mark] = []
        for at in range(line - 1, len(lines)):
            found = marks(lines[at])
            if found:
                break
        places = [self._place(mark) for mark in found]
        caller = self._caller(target, found[-1]) if found else None
        if caller and caller not in places:
            places.append(caller)
        inner = self._inside(found[0], target) if found else None
        return [*([inner] if inner else []), *places]

    def _caller(self, target: Target, inner: Mark) -> Location | None:
        """The line of the rendered template that included the named one which printed; None where several may have."""
        own = target.template.partition("/")[2]
        if own not in self.paths or self.paths[inner.template] == own:
            return None
        found = []
        for number, line in enumerate(self.trace.bare.files[own].decode("utf-8", "replace").split("\n"), 1):
            for file, start, body in self._included(line):
                if file == self.paths[inner.template] and start <= inner.line < start + len(body):
                    found.append((number, line))
                    break
        return Location(self.trace.bare.origins.get(own, own), found[0][0]) if len(found) == 1 else None

    def _place(self, mark: Mark) -> Location:
        path = self.paths[mark.template]
        return Location(self.trace.bare.origins.get(path, path), mark.line)

    def source(self, mark_path: str, line: int) -> str:
        """The text of a template's line."""
        lines = self.trace.bare.files[mark_path].decode("utf-8", "replace").split("\n")
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def _inside(self, mark: Mark, target: Target) -> Location | None:
        """The line of a named template that has the key, where the marked line only includes it.

        Several lines may have it. The one that sets the field is found by writing something else there.
        """
        key = next((str(step) for step in reversed(target.path) if isinstance(step, str)), "")
        text = self.source(self.paths[mark.template], mark.line)
        if not key or _printed(text, key) or _given(text, key):
            return None
        bodies = list(self._included(text))
        for held in (_printed, _given):
            found = [
                (file, start + offset)
                for file, start, body in bodies
                for offset, line in enumerate(body)
                if held(line, key)
            ]
            if len(found) > 1:
                found = self._setting(found, key, target)
            if found:
                file, number = found[0]
                return Location(self.trace.bare.origins.get(file, file), number)
        return None

    def _setting(self, places: Sequence[tuple[str, int]], key: str, target: Target) -> list[tuple[str, int]]:
        """Of several lines with the key those that may set the field: one that does, else those nobody could try.

        Lines that spell the value out come first.
        """
        before = self._tried(self.trace.narrowed(target.template), target)
        value = str(before[0]) if before else ""
        spelt = sorted(places, key=lambda place: not re.search(rf":.*\b{re.escape(value)}\b", self.source(*place)))
        refused = []
        for file, number in spelt[:_TRIED]:
            files = dict(self.trace.narrowed(target.template))
            lines = files[file].decode("utf-8", "replace").split("\n")
            lines[number - 1] = _rewritten(lines[number - 1], key)
            files[file] = "\n".join(lines).encode()
            after = self._tried(files, target)
            if after is None:
                refused.append((file, number))
            elif after != before:
                return [(file, number)]
        return refused

    def _tried(self, files: Mapping[str, bytes], target: Target) -> tuple[Any, ...] | None:
        """The field of a chart with these files, as a tuple of one; None where the chart renders no such object."""
        try:
            answer = self.trace.engine.variants(self.trace.asking(files), [])[0]
            documents = [] if answer is None else goyaml.documents(answer.get(target.template) or "")
            found = [one.data for one in documents if _is(one.data, target)]
        except (EngineError, goyaml.GoYamlError):
            return None
        return (influence.get(found[0], target.path),) if found else None

    def _included(self, text: str) -> Iterator[tuple[str, int, Sequence[str]]]:
        """The named templates that a line includes, and those that they include, each with its file and first line."""
        seen: set[str] = set()
        names = _INCLUDE.findall(text)
        while names:
            name = names.pop(0)
            if name in seen or name not in self.defines:
                continue
            seen.add(name)
            file, start = self.defines[name]
            body = self._body(file, start)
            yield file, start, body
            names += _INCLUDE.findall("\n".join(body))

    @property
    def defines(self) -> Mapping[str, tuple[str, int]]:
        """Named templates: the file and the line each begins on; Helm takes the last one of a name."""
        if self._defines is None:
            self._defines = {
                name: (path, number)
                for path in self.paths
                for number, line in enumerate(self.trace.bare.files[path].decode("utf-8", "replace").split("\n"), 1)
                for name in _DEFINE.findall(line)
            }
        return self._defines

    def _body(self, path: str, start: int) -> Sequence[str]:
        lines = self.trace.bare.files[path].decode("utf-8", "replace").split("\n")
        end = next((at for at in range(start, len(lines)) if _DEFINE.search(lines[at])), len(lines))
        return lines[start - 1 : end]


def _printed(line: str, key: str) -> bool:
    """Whether the line prints the key: ``key: …``."""
    return bool(re.search(rf'(?:^|[\s"{{-]){re.escape(key)}"?:(?:\s|$)', line))


def _given(line: str, key: str) -> bool:
    """Whether the line puts the key into a mapping: ``dict "key" …``, ``set $m "key" …``."""
    return bool(re.search(rf'"{re.escape(key)}"\s+[^\s)"]|"{re.escape(key)}"\s+"', line)) and " list " not in line


def _rewritten(line: str, key: str) -> str:
    """The line with another value for the key."""
    name = re.escape(key)
    given = re.sub(rf'("{name}"\s+)(?:"[^"]*"|\([^()]*\)|[^\s()]+)', r'\1"presync-probe"', line)
    return given if given != line else re.sub(rf'({name}"?:)(?:\s.*)?$', r"\1 presync-probe", line)


def _is(data: Any, target: Target) -> bool:
    if not isinstance(data, Mapping):
        return False
    metadata = data.get("metadata")
    name = str((metadata.get("name") if isinstance(metadata, Mapping) else "") or "")
    return str(data.get("kind") or "") == target.kind and MARK.sub("", name) == target.name
