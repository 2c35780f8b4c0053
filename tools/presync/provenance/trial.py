"""One source rendered again with other inputs, to see what becomes of its objects.

The probes of :mod:`presync.provenance.influence` change a value to something made up; here somebody says what the
values and the files of the chart are, which is how the inputs of another state are tried one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from presync.engine import EngineError, RenderRequest
from presync.provenance.outputs import parsed, parts
from presync.render import integers
from presync.render.documents import DocumentError, members
from presync.render.trace import HelmTrace, narrowed

Identity = tuple[str, str, str, str]  # group, kind, namespace as written, name
Objects = Mapping[Identity, Mapping[str, Any]]
_Named = list[tuple[Identity, Mapping[str, Any]]]


@dataclass(frozen=True, eq=False, slots=True)
class Inputs:
    """What a render is made of: the files of the bare chart, the values, and what else Helm is told."""

    files: Mapping[str, bytes] = field(repr=False)
    values: Mapping[str, Any]
    request: RenderRequest = field(repr=False)  # for its name, namespace and versions


def inputs(trace: HelmTrace) -> Inputs:
    """Those of a render that was done."""
    return Inputs(trace.bare.files, trace.request.values, trace.request)


@dataclass(slots=True)
class Trial:
    """Renders of one source; only what these templates print is looked at."""

    trace: HelmTrace
    templates: frozenset[str]
    narrow: bool = True  # whether the other templates are left out of the renders
    _parsed: dict[str, _Named] = field(init=False, default_factory=dict)  # by the text of a document
    _printed: dict[str, _Named] = field(init=False, default_factory=dict)  # by the text of a template's output
    _files: dict[int, tuple[Mapping[str, bytes], Mapping[str, bytes]]] = field(init=False, default_factory=dict)

    def run(self, wanted: Sequence[Inputs]) -> list[Objects | None]:
        """The objects that each gives; None for inputs the chart refuses, or where a bound was reached."""
        found: dict[int, Objects | None] = {}
        for request, numbers in self._calls(wanted):
            changes = [[((), wanted[number].values)] for number in numbers[1:]]
            try:
                answers = self.trace.engine.variants(request, changes)
            except EngineError:
                answers = [None] * len(numbers)
            first = answers[0] or {}
            for number, answer in zip(numbers, answers, strict=True):
                found[number] = None if answer is None else self._objects({**first, **answer})
        return [found[number] for number in range(len(wanted))]

    def _calls(self, wanted: Sequence[Inputs]) -> Iterable[tuple[RenderRequest, list[int]]]:
        """One for all inputs that share the chart."""
        grouped: dict[Any, list[int]] = {}
        extra: dict[Any, Mapping[str, bytes]] = {}
        for number, one in enumerate(wanted):
            # Integers of --set travel in a template, see presync.render.integers.
            template = integers.template(one.values, self.trace.chart.names(), self.trace.chart.deepest())
            told = replace(one.request, archive=b"", values={})
            key = (id(one.files), tuple(template.items()), repr(told))
            grouped.setdefault(key, []).append(number)
            extra[key] = template
        for key, numbers in grouped.items():
            first = wanted[numbers[0]]
            chart = self.trace.bare.with_files({**self._kept(first.files), **extra[key]}, {})
            yield replace(first.request, archive=chart.packed({}), values=first.values), numbers

    def _kept(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        if not self.narrow:
            return files
        known = self._files.get(id(files))
        if known is None or known[0] is not files:
            known = self._files[id(files)] = (files, narrowed(files, self.templates))
        return known[1]

    def _objects(self, outputs: Mapping[str, str | None]) -> Objects:
        found: dict[Identity, Mapping[str, Any]] = {}
        for template in sorted(self.templates):
            found.update(self._of_template(outputs.get(template) or ""))
        return found

    def _of_template(self, text: str) -> _Named:
        """What a template printed; a document that was printed before is the same object."""
        if text not in self._printed:
            named: _Named = []
            for part in parts(text):
                if part not in self._parsed:
                    data = parsed(part)
                    self._parsed[part] = [(identity(one), one) for one in _members(data)] if data else []
                named += self._parsed[part]
            self._printed[text] = named
        return self._printed[text]


def identity(data: Mapping[str, Any]) -> Identity:
    """What tells objects of one output apart."""
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    return (
        str(data.get("apiVersion") or "").rpartition("/")[0],
        str(data.get("kind") or ""),
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
    )


def _members(data: dict[str, Any]) -> list[Mapping[str, Any]]:
    try:
        return list(members(data))
    except DocumentError:
        return []
