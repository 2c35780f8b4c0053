"""What changed in the layers of values of one source, key by key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from presync.base.finding import Location
from presync.change.causes.model import Place, Unit
from presync.change.causes.texts import at, inner
from presync.change.causes.undo import undone
from presync.change.fields import differences, dotted, same
from presync.change.model import MISSING, Difference, Path
from presync.render.chart import ChartFiles
from presync.render.layers import Layer
from presync.render.trace import HelmTrace, KeyPath

DEFAULTS = re.compile(r"(?:charts/[^/]+/)*values\.yaml")


@dataclass(frozen=True, slots=True)
class Default:
    """``values.yaml`` of a chart or subchart; ``prefixes`` are the keys under which its values are seen."""

    path: str  # in the chart
    layer: Layer
    prefixes: list[KeyPath] = field(default_factory=list)


def of_layers(base: HelmTrace, head: HelmTrace) -> Iterator[Unit]:
    """The keys that differ in the value files and inline values both states have, those that others hide left out."""
    before = {name(layer): layer for layer in base.layers}
    for number, layer in enumerate(head.layers):
        old = before.get(name(layer))
        if old is None:
            continue
        above = [one.data for one in head.layers[number + 1 :]]
        was_above = [one.data for one in _after(base.layers, old)]
        for unit in _units("value", "", number, old, layer):
            path = _keys(unit.difference)
            if not path or not (hidden(above, path) and hidden(was_above, path)):
                yield unit


def of_defaults(base: HelmTrace, head: HelmTrace) -> Iterator[Unit]:
    """The defaults that differ, those that values of the Application hide left out."""
    old, new = defaults(base.bare), defaults(head.bare)
    for path in new:
        if path not in old or old[path].layer.text == new[path].layer.text:
            continue
        for unit in _units("default", path, 0, old[path].layer, new[path].layer):
            keys = _keys(unit.difference)
            values = (head.request.values, base.request.values)
            if not keys or not all(hidden([one], (*prefix, *keys)) for one in values for prefix in new[path].prefixes):
                yield unit


def name(layer: Layer) -> tuple[str, bool]:
    """What makes a layer of one state the same as one of the other: its file; inline values are apart from files."""
    return layer.location.file, bool(layer.nodes) or bool(layer.shift) or bool(layer.data and not layer.text)


def defaults(chart: ChartFiles) -> Mapping[str, Default]:
    """Every ``values.yaml`` of a bare chart, by its path in it."""
    found: dict[str, Default] = {}
    for path, place, values, text, prefix in _defaults(chart, "", ()):
        known = found.setdefault(path, Default(path, Layer(values, Location(place), text)))
        known.prefixes.append(prefix)
    return found


def hidden(above: Sequence[Mapping[str, Any]], path: KeyPath) -> bool:
    """Whether one of the layers above decides the key, whatever is below."""
    return any(_decides(data, path) for data in above)


def _decides(data: Any, path: KeyPath) -> bool:
    for step in path:
        if not isinstance(data, Mapping):
            return True
        if step not in data:
            return False
        data = data[step]
    return not isinstance(data, Mapping)


def _after(layers: Sequence[Layer], one: Layer) -> Sequence[Layer]:
    return layers[next(at for at, layer in enumerate(layers) if layer is one) + 1 :]


def _keys(difference: Difference | None) -> KeyPath:
    """The keys down to the first list: lists are taken or replaced whole."""
    found: list[str | int] = []
    for step in difference.head if difference else ():
        if isinstance(step, int):
            break
        found.append(step)
    return tuple(found)


def _units(what: str, where: str, at: int, old: Layer, new: Layer) -> Iterator[Unit]:
    found = differences(old.data, new.data)
    if not same(undone(new.data, found), old.data):  # items of a list stand in another order
        yield Unit("", (Place(new.location.file),), where, at)
    for one in found:
        unit = Unit(what, (_place(one, old, new),), where, at, one)
        for part in _split(one):
            unit.parts.append(Unit(what, (_place(part, old, new),), where, at, part, block=unit))
        yield unit


def _split(one: Difference) -> list[Difference]:
    """The single values of a mapping that comes or goes as a whole."""
    value = one.new if one.added else one.old if one.removed else None
    if not isinstance(value, Mapping) or not all(isinstance(step, str) for step in one.head):
        return []
    parts = [
        replace(
            one,
            path=(*one.path, *path),
            old=leaf if one.removed else MISSING,
            new=leaf if one.added else MISSING,
            base=(*one.base, *path),
            head=(*one.head, *path),
        )
        for path, leaf in _leaves(value)
    ]
    return parts if len(parts) > 1 else []


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    else:
        yield path, value


def _place(one: Difference, old: Layer, new: Layer) -> Place:
    removed, path = at(one)
    place = (old if removed else new).locate(path)
    line = place.line + (inner(new.text, place.line, one) if not new.shift else 0)
    return Place(place.file, line, dotted(one.path), removed, place.column if line == place.line else 0)


def _defaults(
    chart: ChartFiles, inside: str, prefix: KeyPath
) -> Iterator[tuple[str, str, Mapping[str, Any], str, KeyPath]]:
    for label, sub in chart.subcharts.items():
        aliases = [str(one.get("alias") or sub.name) for one in chart.dependencies if one.get("name") == sub.name]
        for alias in dict.fromkeys(aliases or [sub.name]):
            yield from _defaults(sub, f"{inside}charts/{label}/", (*prefix, alias))
    data = chart.files.get("values.yaml")
    if data is not None:
        place = chart.origins.get("values.yaml", f"{inside}values.yaml")
        yield f"{inside}values.yaml", place, chart.values, data.decode("utf-8-sig", "replace"), prefix
