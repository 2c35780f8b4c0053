"""Which Applications, sources and value files of two environments belong together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from presync.change.promotion.facts import Facts
from presync.platform.apps import apps
from presync.platform.model import Entry, Platform
from presync.provenance.leaves import leaves
from presync.render.layers import Layer
from presync.render.trace import HelmTrace


@dataclass(frozen=True)
class Pair:
    """An app in both environments."""

    name: str
    here: Entry
    there: Entry

    @cached_property
    def traces(self) -> tuple[tuple[HelmTrace, HelmTrace], ...]:
        """Their Helm sources, as far as they stand at the same place."""
        others = {trace.index: trace for trace in self.there.rendered.traces}
        return tuple((one, others[one.index]) for one in self.here.rendered.traces if one.index in others)


def paired(platform: Platform, here: str, there: str) -> tuple[list[Pair], list[tuple[str, Entry]]]:
    """The apps of both environments, and those of one of them."""
    both, alone = [], []
    for name, entries in sorted(apps(platform).items()):
        mine, theirs = entries.get(here), entries.get(there)
        if mine is not None and theirs is not None:
            both.append(Pair(name, mine, theirs))
        elif mine is not None or theirs is not None:
            alone += [(name, entry) for entry in (mine, theirs) if entry is not None]
    return both, alone


def shared_files(pairs: list[Pair]) -> frozenset[str]:
    """Value files that several apps of an environment read, or that hold nothing but Helm's ``global``."""
    using: Counter[str] = Counter()
    found: set[str] = set()
    for pair in pairs:
        for traces in zip(*pair.traces, strict=True):
            layers = {layer.location.file: layer for trace in traces for layer in trace.layers if layer.text}
            using.update(layers.keys())
            found |= {file for file, layer in layers.items() if set(layer.data) == {"global"}}
    return frozenset({*found, *(file for file, count in using.items() if count > 1)})


def shared_layers(pairs: list[Pair], shared: frozenset[str], here: str, there: str) -> list[tuple[Layer, Layer]]:
    """Those files side by side, each pair once."""
    word = re.compile(rf"(?<![A-Za-z0-9]){re.escape(here)}(?![A-Za-z0-9])")
    mine: dict[str, Layer] = {}
    theirs: dict[str, Layer] = {}
    for pair in pairs:
        for one, other in pair.traces:
            mine |= {layer.location.file: layer for layer in one.layers if layer.location.file in shared}
            theirs |= {layer.location.file: layer for layer in other.layers if layer.location.file in shared}
    return [
        (layer, theirs[word.sub(there, file)])
        for file, layer in sorted(mine.items())
        if file not in theirs and word.sub(there, file) in theirs
    ]


def facts(pairs: list[Pair], layers: list[tuple[Layer, Layer]], here: str, there: str, hashes: str = "") -> Facts:
    """The names by which the two differ; ``hashes`` is an annotation with a hash of what is an environment's own."""
    return Facts(here, there, [*_names(pairs, layers), *_hashes(pairs, hashes)])


def _hashes(pairs: list[Pair], annotation: str) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        mine, theirs = (
            {(one.kind, one.name): str(one.annotations[annotation]) for one in entry.rendered.resources
             if annotation in one.annotations}
            for entry in (pair.here, pair.there)
        )  # fmt: skip
        yield from ((value, theirs[key]) for key, value in mine.items() if key in theirs)


def _names(pairs: list[Pair], layers: list[tuple[Layer, Layer]]) -> Iterator[tuple[str, str]]:
    for mine, theirs in layers:
        yield from _texts(mine.data, theirs.data)
    for pair in pairs:
        one, other = pair.here.application, pair.there.application
        yield one.name, other.name
        yield one.destination.namespace, other.destination.namespace
        yield one.destination.server, other.destination.server
        yield one.destination.name, other.destination.name
        yield one.project, other.project
        for trace, counterpart in pair.traces:
            yield from _texts(trace.effective.get("global"), counterpart.effective.get("global"))


def _texts(here: object, there: object) -> Iterator[tuple[str, str]]:
    theirs: Mapping[object, object] = dict(leaves({"": there}))
    for path, value in leaves({"": here}):
        other = theirs.get(path)
        if isinstance(value, str) and isinstance(other, str) and value != other:
            yield value, other
