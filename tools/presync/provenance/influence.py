"""Which values a rendered field depends on, found out by changing them.

No reading of templates can follow ``tpl``, ``dict``, ``index`` and library charts in general; rendering again with one
value changed does, with Helm's own code. What is said to set a field is therefore true by trial: change that value and
the field changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from presync.engine import EngineError, RenderRequest
from presync.provenance import leaves
from presync.provenance.leaves import Change
from presync.provenance.outputs import objects
from presync.render.trace import HelmTrace, KeyPath

Path = Sequence[str | int]
_BATCH = 24
_BYTES = (
    60_000_000  # of templates rendered to explain one source: 400 renders of an ordinary chart, fewer of a large one
)
_MOST = 600
_NAMING = ("mountPath", "name", "alert", "record", "key")  # mounts of one volume have one name
MISSING = object()


@dataclass(frozen=True, slots=True)
class Target:
    """A field of one document: the template Helm names, the document's identity, the path in it."""

    template: str
    kind: str
    name: str
    path: tuple[str | int, ...]


@dataclass(slots=True)
class Prober:
    """Renders one source again and again, remembering what each change did; or only one ``template`` of it."""

    trace: HelmTrace
    template: str = ""
    values: Mapping[str, Any] = field(init=False)
    base: dict[str, str] = field(init=False, default_factory=dict)
    request: RenderRequest = field(init=False)
    effects: dict[tuple[KeyPath, ...], dict[str, str | None] | None] = field(init=False, default_factory=dict)
    left: int = field(init=False, default=_MOST)
    _documents: dict[str, list[Any]] = field(init=False, default_factory=dict)
    _leaves: list[_Leaf] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.values = self.trace.effective
        files = self.trace.narrowed(self.template) if self.template else self.trace.bare.files
        self.request = self.trace.asking(files)
        first = self._ask([])
        self.base = {path: text for path, text in (first[0] or {}).items() if text is not None} if first else {}
        size = sum(map(len, self.base.values())) + sum(map(len, files.values())) // 4
        self.left = max(16, min(_MOST, _BYTES // max(size, 1)))

    def effect(self, groups: Sequence[tuple[KeyPath, ...]]) -> None:
        """Have the effect of changing each group of leaves at once in ``effects``; None for what the chart refuses."""
        wanted = [group for group in dict.fromkeys(groups) if group not in self.effects][: self.left]
        self.left -= len(wanted)
        for start in range(0, len(wanted), _BATCH):
            batch = wanted[start : start + _BATCH]
            answers = self._ask([self._changes(group) for group in batch])
            for group, answer in zip(batch, answers[1:] or [None] * len(batch), strict=True):
                self.effects[group] = answer

    def _changes(self, group: tuple[KeyPath, ...]) -> list[Change]:
        values: Any = self.values
        out: dict[tuple[str, ...], Any] = {}
        for path in group:
            current = get(values, path)
            keys, new = leaves.change(values, path, leaves.changed(current))
            if keys in out:  # two leaves of one list
                rest = path[len(keys) :]
                leaves.put(out[keys], rest, leaves.changed(current))
            else:
                out[keys] = new
        return list(out.items())

    def _ask(self, changes: Sequence[Sequence[Change]]) -> list[dict[str, str | None] | None]:
        try:
            return self.trace.engine.variants(self.request, changes)
        except EngineError:
            self.left = 0  # a bound was reached: whatever is not known yet stays unknown
            return []

    def every_leaf(self) -> list[_Leaf]:
        """Every value of the source."""
        if not self._leaves:
            self._leaves = [_leaf(path, value) for path, value in leaves.leaves(self.values)]
        return self._leaves

    def base_value(self, target: Target) -> Any:
        """The field as it is; MISSING where it is not there."""
        return self.value_in(self.base.get(target.template, ""), target)

    def value_in(self, text: str, target: Target) -> Any:
        """The field in an output of its template; MISSING where it is not there."""
        document = _find(self._parsed(text), target)
        return MISSING if document is None else get(document, target.path)

    def kind_of(self, group: tuple[KeyPath, ...], target: Target) -> str:
        """What changing these leaves does to the field: ``value``, ``presence``, nothing (empty), or ``failed``."""
        effect = self.effects.get(group, MISSING)
        if effect is MISSING:
            return ""
        if effect is None:
            return "failed"
        assert isinstance(effect, dict)  # noqa: S101 - for mypy
        if target.template not in effect:
            return ""
        after = self._parsed(effect[target.template] or "")
        before = self._parsed(self.base[target.template])
        document = _find(after, target)
        if document is None and len(after) == len(before):
            document = after[_position(before, target)]  # renamed
        if document is None:
            return "presence"
        old = get(_find(before, target), target.path)
        path = _aligned(_find(before, target), document, target.path)
        new = get(document, path)
        if new == old and type(new) is type(old):
            return ""
        parent_old, parent_new = get(_find(before, target), target.path[:-1]), get(document, path[:-1])
        if new is MISSING and (parent_new is MISSING or not isinstance(parent_old, Mapping)):
            return "presence"
        return "value"

    def value_after(self, group: tuple[KeyPath, ...], target: Target) -> Any:
        """The field with these leaves changed; MISSING where it is not there then."""
        effect = self.effects.get(group) or {}
        return self.value_in(effect.get(target.template) or "", target)

    def spread(self, group: tuple[KeyPath, ...]) -> int:
        """How many lines of the whole output the change touches."""
        effect = self.effects.get(group) or {}
        return sum(
            len(set((text or "").split("\n")) ^ set(self.base.get(path, "").split("\n")))
            for path, text in effect.items()
        )

    def _parsed(self, text: str) -> list[Any]:
        if text not in self._documents:
            self._documents[text] = list(objects(text))
        return self._documents[text]


def sources(prober: Prober, target: Target, thorough: bool = True) -> list[KeyPath]:
    """The values the field depends on, the one to edit first.

    Candidates that hold the field's value come first, then those whose value is part of it, then those of the same
    name; the rest is searched by halves where ``thorough``, so that a value which a template turns into something else
    is found too.
    """
    value = prober.base_value(target)
    if isinstance(value, Mapping | list) and value:
        return _whole(prober, target, value)
    ranked = _ranked(prober, target, value)
    found: list[KeyPath] = []
    for rank in (0, 1, 2):
        group = [(path,) for at, path in ranked if at == rank]
        prober.effect(group)
        found += [path for (path,) in group if prober.kind_of((path,), target) == "value"]
        if found and rank < 2:
            break
    if not found and thorough and value is not MISSING:
        rest = [path for at, path in ranked if at == 3]
        found = list(_search(prober, target, rest))
    ranks = {path: at for at, path in ranked}
    return sorted(dict.fromkeys(found), key=lambda path: (ranks[path], prober.spread((path,)), str(path)))


def setters(prober: Prober, target: Target) -> list[tuple[KeyPath, str]]:
    """The empty values that would make a text appear which is not there, the one named most like it first.

    With each comes what the template puts before the value.
    """
    words = [word for word in re.split(r"[^a-z0-9]+", str(target.path[-1]).lower().rpartition("/")[2]) if word]
    ranked = []
    for path, leaf in leaves.leaves(prober.values):
        alike = sum(any(word in str(step).lower() for step in path) for word in words)
        if alike and leaf in ("", None) and not isinstance(leaf, bool):
            ranked.append((-alike, str(path), path))
    paths = [path for _, _, path in sorted(ranked)]
    prober.effect([(path,) for path in paths])
    found = []
    for path in paths:
        value, given = prober.value_after((path,), target), leaves.changed("")
        if isinstance(value, str) and value.endswith(given):
            found.append((path, value.removesuffix(given)))
    return found


def _whole(prober: Prober, target: Target, value: Any) -> list[KeyPath]:
    """The keys whose mapping or list became the field as it is."""
    alike = [path for path, node in _nodes(prober.values) if node == value and type(node) is type(value)]
    below = {path: (*path, *next(leaves.leaves(get(prober.values, path)))[0]) for path in alike}
    prober.effect([(leaf,) for leaf in below.values()])
    found = [path for path, leaf in below.items() if prober.kind_of((leaf,), target) == "value"]
    words = set(map(str, target.path))
    return sorted(found, key=lambda path: (-sum(str(step) in words for step in path), prober.spread((below[path],))))


def _nodes(values: Any, prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every mapping and list that is not empty, with its path."""
    if prefix and values:
        yield prefix, values
    below = values.items() if isinstance(values, Mapping) else enumerate(values)
    for key, value in below:
        if isinstance(value, Mapping | list):
            yield from _nodes(value, (*prefix, key))


def _ranked(prober: Prober, target: Target, value: Any) -> list[tuple[int, KeyPath]]:
    text = "" if value is MISSING or isinstance(value, dict | list) else _word(value)
    words = {str(step).lower() for step in target.path if isinstance(step, str)}
    whole = str(value) if isinstance(value, dict | list) else text
    last = str(target.path[-1]).lower() if target.path else ""
    out = []
    for one in prober.every_leaf():
        if text and one.word == text and not one.empty:
            rank = 0
        elif one.telling and one.word in whole:
            rank = 1
        elif one.key == last or not words.isdisjoint(one.words):
            rank = 2
        else:
            rank = 3
        # Within a rank: the longest value, and the one whose keys resemble the field's.
        shared = sum(step in words for step in one.steps)
        out.append((rank, -shared, -len(one.word), one.name, one.path))
    return [(rank, path) for rank, _, _, _, path in sorted(out, key=itemgetter(0, 1, 2, 3))]


def _search(prober: Prober, target: Target, paths: Sequence[KeyPath]) -> Iterator[KeyPath]:
    """The leaves of which the field depends, by halving; a half the chart refuses is halved too."""
    stack = [tuple(paths)]
    while stack and prober.left > 0:
        group = stack.pop()
        if not group:
            continue
        prober.effect([group])
        kind = prober.kind_of(group, target)
        if not kind:
            continue
        if len(group) == 1:
            if kind == "value":
                yield group[0]
            continue
        middle = len(group) // 2
        stack += [group[middle:], group[:middle]]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A value, and what fields are compared with."""

    path: KeyPath
    name: str  # the path as a text
    key: str  # its last step, in small letters like all the following
    steps: tuple[str, ...]
    words: frozenset[str]  # steps that are keys
    word: str  # the value as a text
    empty: bool  # a mapping or a list
    telling: bool  # not found in other texts by chance


def _leaf(path: KeyPath, value: Any) -> _Leaf:
    steps = tuple(str(step).lower() for step in path)
    keys = frozenset(step.lower() for step in path if isinstance(step, str))
    word, empty = _word(value), isinstance(value, dict | list)
    telling = len(word) > 1 and not empty and not isinstance(value, bool) and value is not None
    return _Leaf(path, str(path), steps[-1], steps, keys, word, empty, telling)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def get(data: Any, path: Path) -> Any:
    """What stands at the path; MISSING where nothing does."""
    for step in path:
        known = (isinstance(data, Mapping) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        )
        if not known:
            return MISSING
        data = data[step]
    return data


def _aligned(before: Any, after: Any, path: Path) -> Path:
    """The path in a list that got longer or shorter: an entry before this one moves it, and does not set it."""
    out: list[str | int] = []
    for step in path:
        if isinstance(before, list) and isinstance(after, list) and isinstance(step, int) and len(before) != len(after):
            mine = _entry(before[step]) if step < len(before) else MISSING
            same = [at for at, one in enumerate(after) if step < len(before) and one == before[step]]
            found = same or [at for at, one in enumerate(after) if _entry(one) == mine]
            out.append(found[0] if found else len(after))
        else:
            out.append(step)
        before, after = get(before, [step]), get(after, [out[-1]])
    return out


def _entry(one: Any) -> Any:
    """What tells an entry of a list from the others."""
    if not isinstance(one, Mapping):
        return one
    return next(((key, one[key]) for key in _NAMING if key in one), one)


def _identity(document: Mapping[str, Any]) -> tuple[str, str]:
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else ""
    return str(document.get("kind") or ""), str(name or "")


def _find(documents: Sequence[Any], target: Target) -> Any:
    found = [one for one in documents if _identity(one) == (target.kind, target.name)]
    return found[0] if found else None


def _position(documents: Sequence[Any], target: Target) -> int:
    return next((at for at, one in enumerate(documents) if _identity(one) == (target.kind, target.name)), 0)
