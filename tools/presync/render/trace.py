"""What one call of Helm was made of, kept so that it can be asked later where a field comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from presync.argocd.model import Application
from presync.base.finding import Location
from presync.engine import Engine, RenderRequest
from presync.render import inline
from presync.render.chart import ChartFiles
from presync.render.layers import Layer, merge
from presync.tree import Tree

_NEEDED = ("Chart.yaml", "values.yaml", "requirements.yaml")
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Scoped:
    """A layer of values and the keys under which the chart sees it: a subchart's defaults stand below its name."""

    layer: Layer
    prefix: tuple[str, ...] = ()
    default: bool = False  # the chart's own values.yaml, or a subchart's


@dataclass(frozen=True)
class HelmTrace:
    """One Helm source of an Application.

    ``layers`` are the value files and inline values of the Application, the last on top. ``request`` holds the final
    values, ``helm.parameters`` included, and everything else Helm was told.
    """

    engine: Engine = field(repr=False, compare=False)
    request: RenderRequest = field(repr=False)
    chart: ChartFiles = field(repr=False)
    layers: tuple[Layer, ...] = field(repr=False)
    place: Location = field(repr=False)  # what somebody edits to change the Application
    application: Application = field(repr=False)
    index: int  # of the source in it
    head: Tree = field(repr=False, compare=False)
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def bare(self) -> ChartFiles:
        """The chart without its schemas and with its packed subcharts unpacked."""
        return self.chart.without_schemas()

    @cached_property
    def parameters(self) -> Mapping[str, Location]:
        """The names of ``helm.parameters`` and where each is set."""
        return inline.parameters(self.application, self.index, self.head)

    def narrowed(self, template: str) -> Mapping[str, bytes]:
        """The files of the chart with the templates that print something else emptied, to ask about one cheaply."""
        return narrowed(self.bare.files, [template])

    def asking(self, files: Mapping[str, bytes]) -> RenderRequest:
        """The same call on a chart with these files."""
        return replace(self.request, archive=self.bare.with_files(files, self.bare.origins).packed({}))

    @cached_property
    def all_layers(self) -> tuple[Scoped, ...]:
        """Every layer, the lowest first."""
        defaults = list(_defaults(self.bare, lambda path: self.bare.origins.get(path, path)))
        return (*defaults, *(Scoped(layer) for layer in self.layers))

    @cached_property
    def effective(self) -> Mapping[str, Any]:
        """The values as the chart's templates see them, subcharts' defaults included; ``global`` is not spread."""
        values: dict[str, Any] = {}
        for scoped in self.all_layers:
            data: Any = scoped.layer.data
            for key in reversed(scoped.prefix):
                data = {key: data}
            values = merge(values, data)
        return merge(values, self.request.values)

    def setting(self, path: Sequence[str | int]) -> list[tuple[Scoped, Location]]:
        """The layers that set this key, the one that counts first, each with the line."""
        found = []
        for scoped in reversed(self.all_layers):
            if tuple(path[: len(scoped.prefix)]) != scoped.prefix:
                continue
            rest = path[len(scoped.prefix) :]
            if rest and scoped.layer.sets(rest):
                found.append((scoped, scoped.layer.locate(rest)))
        return found


def narrowed(files: Mapping[str, bytes], templates: Iterable[str]) -> Mapping[str, bytes]:
    """The files of a chart with the templates emptied that print something else than these, as Helm names them.

    They stay as empty ones because a template may be included by its path, as for a checksum of a ConfigMap. Named
    templates stay, wherever they stand; so do other files where anything reads files at all.
    """
    own = {template.partition("/")[2] for template in templates}
    kept = {
        path: data
        if "templates/" not in path or path in own or path.rpartition("/")[2].startswith("_") or b"define" in data
        else b""
        for path, data in files.items()
    }
    if any(b".Files" in data for path, data in kept.items() if "templates/" in path):
        return kept
    return {path: data for path, data in kept.items() if "templates/" in path or path.endswith(_NEEDED)}


def _defaults(chart: ChartFiles, origin: Any, prefix: tuple[str, ...] = (), inside: str = "") -> Iterator[Scoped]:
    """``values.yaml`` of the chart and, before it, those of its subcharts."""
    for label, sub in chart.subcharts.items():
        aliases = [str(one.get("alias") or sub.name) for one in chart.dependencies if one.get("name") == sub.name]
        for alias in dict.fromkeys(aliases or [sub.name]):
            yield from _defaults(sub, origin, (*prefix, alias), f"{inside}charts/{label}/")
    data = chart.files.get("values.yaml")
    if data:
        values = chart.values
        if values:
            where = Location(chart.origins.get("values.yaml", f"{inside}values.yaml"))
            yield Scoped(Layer(values, where, data.decode("utf-8-sig", "replace")), prefix, default=True)
