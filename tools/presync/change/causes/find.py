"""Why each field changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from presync.change.causes.files import only_place, plain, spelt
from presync.change.causes.model import UNKNOWN, Cause
from presync.change.causes.sources import Pair
from presync.change.causes.spec import Definition, definition
from presync.change.causes.trials import WHOLE, Trials
from presync.change.model import ApplicationChange, Change, Difference, ResourceChange
from presync.platform.model import Entry
from presync.render.trace import HelmTrace

BYTES = 40_000_000  # of templates rendered to explain one change: some 300 renders of an ordinary chart
_Key = tuple[str, str]


@dataclass
class _Known:
    """What was found out about a change."""

    trials: dict[int, Trials] = field(default_factory=dict)  # by the id of the changed object
    affordable: set[int] = field(default_factory=set)  # ids of the trials for which there is room
    done: set[int] = field(default_factory=set)
    definitions: dict[_Key, Definition] = field(default_factory=dict)


def cause(change: Change, one: ResourceChange, difference: Difference | None = None) -> Cause:
    """Why a field of an object changed; without one, why the object came or went.

    Nothing is said of what follows from other fields (checksums), nor of an object that moved.
    """
    if difference is not None and difference.noise:
        return UNKNOWN
    known = _known(change)
    trials = known.trials.get(id(one))
    if trials is None:
        return _without_helm(change, one, difference)
    _run(change, [trials])
    found = trials.causes.get((id(one), (difference or WHOLE).path))
    return found or plain(change, one, difference)  # a CRD of a chart stands in its file as it is


def of_application(change: Change, one: ApplicationChange, difference: Difference) -> Cause:
    """Why a field of the Application itself changed."""
    if one.old is None or one.new is None:
        return UNKNOWN
    return _definition(change, _known(change), one.old, one.new).cause(difference.head)


def prepare(change: Change, resources: Iterable[ResourceChange]) -> None:
    """Find it out for many objects at once."""
    known = _known(change)
    wanted = {id(found): found for one in resources if (found := known.trials.get(id(one)))}
    _run(change, list(wanted.values()))


def _run(change: Change, wanted: list[Trials]) -> None:
    known = _known(change)
    open_ = [one for one in wanted if id(one) not in known.done]
    known.done.update(map(id, open_))
    fitting = [one for one in open_ if id(one) in known.affordable]
    if len(fitting) == 1:
        fitting[0].run()
    elif fitting:
        with ThreadPoolExecutor(fitting[0].pair.head.engine.size, thread_name_prefix="why") as threads:
            list(threads.map(Trials.run, fitting))


def _known(change: Change) -> _Known:
    known = change.memo.get("causes")
    if not isinstance(known, _Known):
        known = change.memo["causes"] = _Known()
        _plan(change, known)
    return known


def _plan(change: Change, known: _Known) -> None:
    """Who is explained by trial, and for whom there is room; the order of the objects decides."""
    grouped: dict[tuple[_Key, int], list[ResourceChange]] = {}
    for one in change.resources:
        trace = (one.new or one.old or one.resource).trace
        if trace is not None and not one.moved and not one.quiet:
            grouped.setdefault((_key(one.entry), trace.index), []).append(one)
    if not grouped:
        return
    before = {_key(entry): entry for entry in change.base.entries}
    after = {_key(entry): entry for entry in change.head.entries}
    old_settings, new_settings = change.base.settings, change.head.settings
    versions = (old_settings.argocd, old_settings.helm) != (new_settings.argocd, new_settings.helm)
    left = BYTES
    for (name, index), ones in grouped.items():
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            continue
        was, now = _trace(old, index), _trace(new, index)
        if was is None or now is None:
            continue
        trees = (change.base.tree, change.head.tree)
        pair = Pair(was, now, trees, (old, new), _definition(change, known, old, new), versions)
        trials = Trials(pair, ones)
        known.trials.update({id(one): trials for one in ones})
        left -= trials.cost()
        if left >= 0:
            known.affordable.add(id(trials))


def _definition(change: Change, known: _Known, old: Entry, new: Entry) -> Definition:
    name = _key(new)
    if name not in known.definitions:
        known.definitions[name] = definition(change.base.tree, change.head.tree, old, new)
    return known.definitions[name]


def _without_helm(change: Change, one: ResourceChange, difference: Difference | None) -> Cause:
    """Of plain manifests the line of the field; else the only place that differs; else the line that spells it out."""
    if one.moved or one.resource.trace is not None:  # or of an Application that comes or goes
        return UNKNOWN
    for found in (plain(change, one, difference), only_place(change, one)):
        if found.places:
            return found
    return spelt(change, one, difference)


def _trace(entry: Entry, index: int) -> HelmTrace | None:
    return next((one for one in entry.rendered.traces if one.index == index), None)


def _key(entry: Entry) -> _Key:
    return entry.application.namespace, entry.name


def every(change: Change, one: ResourceChange) -> Iterator[tuple[Difference | None, Cause]]:
    """All that is told of one object: its fields in order, or the object itself."""
    if one.differences:
        for difference in one.differences:
            yield difference, cause(change, one, difference)
    else:
        yield None, cause(change, one)
