"""Value files and what becomes of their keys; used by the rules about values."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.base.finding import Location
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.provenance import reads
from presync.provenance.influence import MISSING, get
from presync.provenance.leaves import leaves
from presync.provenance.probe import inert
from presync.provenance.reads import ChartReads, Reads
from presync.render.trace import HelmTrace, KeyPath, Scoped

# What is said of a set that makes fewer Applications than it should, or of which it is not known what it makes.
_YIELDING_LESS = frozenset(
    {
        "application-not-created",
        "applicationset-unbounded",
        "generator-empty",
        "generator-too-large",
        "generator-unavailable",
        "generator-unsupported",
    }
)


@dataclass(frozen=True, slots=True)
class Use:
    """A layer of values as one Application uses it."""

    entry: Entry
    trace: HelmTrace
    scoped: Scoped
    below: tuple[Scoped, ...]  # the layers it lies on, the lowest first

    @property
    def file(self) -> str:
        return self.scoped.layer.location.file

    def locate(self, path: KeyPath) -> Location:
        """The line of a key; ``path`` includes the prefix of a subchart's defaults."""
        return self.scoped.layer.locate(path[len(self.scoped.prefix) :])

    def before(self, path: KeyPath) -> Any:
        """What the layers below say; MISSING where they say nothing."""
        for scoped in reversed(self.below):
            if path[: len(scoped.prefix)] == scoped.prefix:
                found = get(scoped.layer.data, path[len(scoped.prefix) :])
                if found is not MISSING:
                    return found
        return MISSING


def uses(platform: Platform) -> tuple[Use, ...]:
    """Every layer of every Helm source."""

    def make(_: Platform) -> tuple[Use, ...]:
        return tuple(
            Use(entry, trace, scoped, trace.all_layers[:at])
            for entry in platform.entries
            for trace in entry.rendered.traces
            for at, scoped in enumerate(trace.all_layers)
        )

    return memo(platform, "values-uses", make)


def ours(platform: Platform, use: Use) -> bool:
    """Whether the layer is a file of this tree, which somebody here edits."""
    return bool(use.scoped.layer.text) and platform.tree.is_file(use.file)


def reader(platform: Platform, trace: HelmTrace) -> ChartReads:
    """What the chart reads."""
    known = memo(platform, "values-readers", _no_readers)
    key = id(trace.chart.files)
    if key not in known:
        known[key] = reads.of_chart(trace.chart)
    return known[key]


def _no_readers(_: Platform) -> dict[int, ChartReads]:
    return {}


def generators(platform: Platform) -> Mapping[str, Reads]:
    """Files that generators of ApplicationSets read, with what those sets mention."""

    def make(_: Platform) -> Mapping[str, Reads]:
        sets = {one.manifest.name: reads.mentions(map(str, _texts(one.manifest.data))) for one in platform.expansions}
        found: dict[str, Reads] = {}
        for entry in platform.entries:
            origin = entry.application.origin
            for place in origin.parameters:
                if origin.application_set in sets:
                    found[place.file] = sets[origin.application_set]
        return found

    return memo(platform, "values-generators", make)


def _texts(data: Any) -> Iterator[str]:
    for _, leaf in leaves({"": data}):
        if isinstance(leaf, str):
            yield leaf


def unread(platform: Platform, defaults: bool) -> Iterator[tuple[Use, KeyPath, str]]:
    """Keys that no Application using the file reads, with the likely meaning; the topmost key that is not read.

    A key is told only where reading the templates finds no reader and changing the value changes nothing either.
    """
    by_file: dict[tuple[str, tuple[str, ...]], list[Use]] = {}
    incomplete = _incomplete(platform)
    for use in uses(platform):
        if use.scoped.default is defaults and ours(platform, use):
            by_file.setdefault((use.file, use.scoped.prefix if defaults else ()), []).append(use)
    for (file, _), using in by_file.items():
        other = generators(platform).get(file)
        told: set[KeyPath] = set()
        for path, _ in leaves(using[0].scoped.layer.data):
            full = (*using[0].scoped.prefix, *path)
            if (other is not None and other.mentions(path)) or (incomplete and path[0] == "global"):
                continue
            head = _topmost(platform, using, full)
            if head and head not in told and all(inert(use.trace, full) for use in using):
                told.add(head)
                yield using[0], head, _likely(platform, using, head)


def _incomplete(platform: Platform) -> bool:
    """Whether an Application that may read the facts of its environment is missing here, or did not render."""
    empty = any(problem.kind in _YIELDING_LESS for one in platform.expansions for problem in one.problems)
    failed = any(
        one.rendered.error or (one.rendered.unavailable and not one.rendered.external) for one in platform.entries
    )
    return empty or failed or any(one.error for one in platform.expansions)


def _topmost(platform: Platform, using: list[Use], path: KeyPath) -> KeyPath:
    """The shortest part of the path that nobody reads; empty where somebody reads it all."""
    for length in range(1, len(path) + 1):
        if not any(reader(platform, use.trace).reads(path[:length]) for use in using):
            return path[:length]
    return ()


def _likely(platform: Platform, using: list[Use], path: KeyPath) -> str:
    """The key that was probably meant: one beside it, else one of the same name elsewhere."""
    word = str(path[-1])
    beside: set[str] = set()
    for use in using:
        siblings = get(use.trace.effective, path[:-1]) if len(path) > 1 else use.trace.effective
        if isinstance(siblings, Mapping):
            beside |= {
                str(key)
                for key in siblings
                if key != word and reader(platform, use.trace).reads((*path[:-1], str(key)))
            }
    close = difflib.get_close_matches(word, sorted(beside), 1, 0.7)
    if close:
        return ".".join(map(str, (*path[:-1], close[0])))
    for use in using:
        elsewhere = [
            ".".join(map(str, other))
            for other, _ in leaves(use.trace.effective)
            if other[-1] == word and other != path and reader(platform, use.trace).reads(other)
        ]
        if elsewhere:
            return min(elsewhere, key=len)
    names = {name for use in using for name in reader(platform, use.trace).known()}
    close = difflib.get_close_matches(word, sorted(names), 1, 0.85)
    return ".".join(map(str, (*path[:-1], close[0]))) if close else ""
