"""One Helm source in both states: what differs in its inputs, and its inputs with some of that taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from presync.change.causes import charts, values
from presync.change.causes.model import Place, Unit
from presync.change.causes.spec import Definition
from presync.change.causes.undo import patched, undone, with_value
from presync.change.fields import differences, same
from presync.change.model import MISSING
from presync.platform.model import Entry
from presync.provenance.chain import parameter
from presync.provenance.trial import Inputs
from presync.render.layers import Layer, merge
from presync.render.trace import HelmTrace
from presync.tree import Tree

MOST = 24  # things that are taken back one by one in one source
_LAYERS = ("valueFiles", "ignoreMissingValueFiles", "values", "valuesObject", "parameters", "fileParameters")
_TOLD = ("name", "namespace", "kube_version", "api_versions")


@dataclass
class Pair:
    """The call of Helm before and after."""

    base: HelmTrace
    head: HelmTrace
    trees: tuple[Tree, Tree]
    entries: tuple[Entry, Entry]
    definition: Definition
    versions: bool = False  # whether Argo CD or Helm is another one

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Everything that differs in what Helm was given, as finely as the bound allows; empty where that is not."""
        fixed = [*values.of_defaults(self.base, self.head), *self._lists(), *self._parameters(), *self._told()]
        found = [*self._layers(), *fixed]
        for places in (True, False):
            every = [*found, *charts.texts(self.base, self.head, places)]
            finer = [part for unit in every for part in unit.parts or [unit]]
            for units in (finer, every):
                if len(units) <= MOST:
                    return tuple(units)
        return ()

    def without(self, units: Iterable[Unit]) -> Inputs | None:
        """The inputs of the head with these taken back; None where that cannot be done."""
        taken = list(_blocks(units))
        if any(not unit.what for unit in taken):
            return None
        changed = self._values([unit for unit in taken if unit.what == "value"], any(u.what == "files" for u in taken))
        if changed is None:
            return None
        for unit in taken:
            if unit.what == "parameter":
                changed = with_value(changed, unit.keys, get_keys(self.base.request.values, unit.keys))
        request = self.head.request
        if any(unit.what == "request" for unit in taken):
            request = self.base.request
        return Inputs(self._files(taken), changed, request)

    @cached_property
    def _now(self) -> Mapping[str, Any]:
        return merged(layer.data for layer in self.head.layers)

    def _values(self, units: Sequence[Unit], order: bool) -> dict[str, Any] | None:
        layers = {values.name(layer): (at, layer) for at, layer in enumerate(self.head.layers)}
        data: list[Mapping[str, Any]] = []
        for one in self.base.layers if order else self.head.layers:
            at, layer = layers.get(values.name(one), (-1, one))
            data.append(undone(layer.data, [u.difference for u in units if u.layer == at and u.difference]))
        return patched(self.head.request.values, self._now, merged(data))

    def _files(self, units: Sequence[Unit]) -> Mapping[str, bytes]:
        files = self.head.bare.files
        own = [unit for unit in units if unit.what in ("default", "text")]
        if not own:
            return files
        out = dict(files)
        for path in dict.fromkeys(unit.where for unit in own):
            here = [unit for unit in own if unit.where == path]
            before = self.base.bare.files.get(path)
            if here[0].what == "default":
                data = values.defaults(self.head.bare)[path].layer.data
                out[path] = json.dumps(undone(data, [u.difference for u in here if u.difference])).encode()
            elif any(not any(unit.lines) for unit in here):
                if before is None:
                    del out[path]
                else:
                    out[path] = before
            else:
                out[path] = charts.without(out[path], before or b"", [unit.lines for unit in here])
        return out

    def _layers(self) -> Iterator[Unit]:
        for unit in values.of_layers(self.base, self.head):
            layer = self.head.layers[unit.layer]
            if not unit.what:
                yield unit
            elif _inline(layer):  # the text of a template says nothing of what a generator put into it
                places = self.definition.only.places or _manifest(self.definition, unit.places)
                yield Unit(unit.what, places, "", unit.layer, unit.difference)
            else:
                yield unit

    def _lists(self) -> Iterator[Unit]:
        """The value files themselves are others, or stand in another order."""
        before, after = ([values.name(layer) for layer in trace.layers] for trace in (self.base, self.head))
        if before == after:
            return
        apart = {*before} ^ {*after}
        own = [name for name in (*before, *after) if name in apart]
        same_spec = same(self.entries[0].application.spec, self.entries[1].application.spec)
        if same_spec and own:  # a file that may be missing, or that a glob finds
            places = tuple(Place(file, removed=not self.trees[1].is_file(file)) for file, _ in dict.fromkeys(own))
            yield Unit("files", places)
        else:
            yield Unit("files", () if same_spec else self._spec(("helm", "valueFiles")))

    def _parameters(self) -> Iterator[Unit]:
        """What is set on top of the layers."""
        before = merged(layer.data for layer in self.base.layers)
        reverted = patched(self.head.request.values, self._now, before)
        if reverted is None:
            yield Unit("", ())
            return
        seen = set()
        for one in differences(self.base.request.values, reverted):
            keys = tuple(_until_list(one.head))
            if keys not in seen:
                seen.add(keys)
                yield Unit("parameter", self._parameter(one.head), keys=keys)

    def _parameter(self, path: tuple[str | int, ...]) -> tuple[Place, ...]:
        if self.definition.only.places:
            return self.definition.only.places
        place = parameter(self.head, path)
        found = [leaf.place for leaf in self.definition.leaves if leaf.manifest and leaf.place.file == place.file]
        values_too = not self.definition.known or any(not leaf.manifest for leaf in self.definition.leaves)
        near = [one for one in found if place.line <= one.line <= place.line + 2]
        return tuple(near) if len(near) == 1 and not values_too else ()

    def _told(self) -> Iterator[Unit]:
        """What else Helm is told, and what becomes of its output."""
        old, new = self.base.request, self.head.request
        if any(getattr(old, key) != getattr(new, key) for key in _TOLD):
            yield Unit("request", self.definition.only.places)
        was, now = (entry.application.sources for entry in self.entries)
        rest = [
            [
                {**one.raw, "helm": {key: value for key, value in one.helm.items() if key not in _LAYERS}}
                for one in sources
            ]
            for sources in (was, now)
        ]
        if not same(*rest):
            yield Unit("", self.definition.only.places)
        if len({entry.application.destination.cluster for entry in self.entries}) > 1:
            yield Unit("", self.definition.cause(("spec", "destination")).places)
        if self.versions:
            yield Unit("", ())

    def _spec(self, path: tuple[str, ...]) -> tuple[Place, ...]:
        application = self.entries[1].application
        start = ("spec", "sources", self.head.index) if application.is_multi_source else ("spec", "source")
        return self.definition.cause((*start, *path)).places


def merged(layers: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """All layers, the last one on top."""
    out: dict[str, Any] = {}
    for data in layers:
        out = merge(out, data)
    return out


def get_keys(data: Any, keys: Sequence[str]) -> Any:
    """What stands at the keys; MISSING where nothing does."""
    for key in keys:
        if not isinstance(data, Mapping) or key not in data:
            return MISSING
        data = data[key]
    return data


def _blocks(units: Iterable[Unit]) -> Iterator[Unit]:
    """The units, with all parts of one block as the block: taking them back leaves no empty mapping then."""
    every = list(units)
    whole = {id(one.block) for one in every if one.block and all(part in every for part in one.block.parts)}
    told = set()
    for one in every:
        if one.block is None or id(one.block) not in whole:
            yield one
        elif id(one.block) not in told:
            told.add(id(one.block))
            yield one.block


def _until_list(path: Sequence[str | int]) -> Iterator[str]:
    for step in path:
        if isinstance(step, int):
            return
        yield step


def _inline(layer: Layer) -> bool:
    return values.name(layer)[1]


def _manifest(definition: Definition, places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The lines, where nothing that a generator read differs."""
    if not definition.known or any(not leaf.manifest for leaf in definition.leaves):
        return ()
    return tuple(place for place in places if place.line)
