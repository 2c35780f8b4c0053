"""Which line a failed render is about: the value that a chart's own check names, else the template Helm names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from presync.base.finding import Location
from presync.render.chart import ChartFiles
from presync.render.layers import Layer

Path = tuple[str, ...]

_CHECK = re.compile(r"execution error at \([^()]*\): (?P<words>.*)", re.DOTALL)  # fail and required
_FRAME = re.compile(
    r"(?P<file>[\w.-]+/(?:charts/[\w.-]+/)*templates/[^\s:()\"<>]+?):(?P<line>\d+)(?::(?P<column>\d+))?"
)
_DOTTED = re.compile(r"(?<![\w./-])[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)+(?![\w/-])")
_WORD = re.compile(r"(?<![\w./-])[A-Za-z_][\w-]*(?=:)")
_FIRST = re.compile(r"\s*(?:[\w-]+: )?([A-Za-z_][\w-]*)\b(?![.:/])")
_YAML_LINE = re.compile(r"\bline (\d+)")


def of_values(message: str, file: Location) -> Location:
    """The line of a value file that is no YAML."""
    found = _YAML_LINE.search(message)
    return Location(file.file, int(found[1])) if found else file


def of_render(message: str, chart: ChartFiles, layers: Sequence[Layer], defaults: Layer) -> Location:
    """The line to edit; empty where the message names neither a value nor a template.

    A check of the chart speaks of values: the first that is set outside the chart's defaults, then what the defaults
    say, then the one beside which a key is missing. ``podDisruptionBudget: … write maxUnavailable: 1`` speaks of the
    key below. Everything else is about the innermost template.
    """
    check = _CHECK.search(message)
    if check:
        found = _value(check["words"], layers, defaults)
        if found.file:
            return found
    frames = list(_FRAME.finditer(message))
    if not frames:
        return Location()
    last = frames[-1]
    return Location(chart.origin(last["file"]), int(last["line"]), int(last["column"] or 0))


def _value(words: str, layers: Sequence[Layer], defaults: Layer) -> Location:
    paths = [tuple(found[0].split(".")) for found in _DOTTED.finditer(words)]
    names = [found[0] for found in _WORD.finditer(words)]
    first = _FIRST.match(words)  # `commonConfiguration holds …`: a key of the chart's, where somebody sets it
    paths += [(first[1],)] if first else []
    best: tuple[int, Location] = (0, Location())
    for path in (*paths, *((name,) for name in names)):
        for rank, place in _places(path, names, layers, defaults):
            if rank > best[0]:
                best = (rank, place)
    return best[1]


def _places(
    path: Path, names: Sequence[str], layers: Sequence[Layer], defaults: Layer
) -> Iterator[tuple[int, Location]]:
    for layer in reversed(layers):
        if layer.sets(path):
            below = next((name for name in names if layer.sets((*path, name))), "")
            yield 3, layer.locate((*path, below) if below else path)
            return
    if len(path) > 1:
        if defaults.sets(path):
            yield 2, defaults.locate(path)
            return
        for layer in reversed(layers):
            if layer.sets(path[:-1]):
                yield 1, layer.locate(path[:-1])
                return


def of_itself(layers: Sequence[Layer]) -> Location | None:
    """A text of the values that is a template and asks for itself: where it goes through tpl, that never ends."""
    for layer in reversed(layers):
        for path, text in _texts(layer.data):
            if re.search(rf"\.Values\.{re.escape('.'.join(path))}(?![\w.-])", text):
                return layer.locate(path)
    return None


def _texts(data: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str) and "{{" in data:
        yield path, data
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value, (*path, str(key)))
