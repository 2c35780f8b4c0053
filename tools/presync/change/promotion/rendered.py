"""What two environments render, object by object, and what of it no value explains.

The chart of the first environment is rendered once more with the values of the second. Where that gives what the second
has, the values are the reason; what still differs comes from elsewhere: a template that asks for the environment's
name, another version of the chart, another manifest.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from presync.change.model import MISSING, Difference
from presync.change.promotion.facts import Facts
from presync.change.promotion.model import FieldDifference
from presync.change.promotion.pairs import Pair
from presync.change.promotion.values import dotted
from presync.engine import EngineError, RenderRequest
from presync.platform.model import Entry
from presync.provenance.influence import get
from presync.render import integers
from presync.render.failure import Refused
from presync.render.manifests import printed
from presync.render.model import Resource
from presync.render.trace import HelmTrace
from presync.seal.record import SEALED_KEYS

_SECRET = {"Secret": ("data", "stringData"), "SealedSecret": ("spec",)}
# Annotations that hold what the object holds.
_TELLING = frozenset({SEALED_KEYS, "kubectl.kubernetes.io/last-applied-configuration"})
_VERSION_LABEL = "app.kubernetes.io/version"
Key = tuple[str, str, str, str]
Objects = Mapping[Key, tuple[Any, Resource | None]]
Fields = Mapping[tuple[Key, str], Difference | None]


def of_pair(pair: Pair, facts: Facts, shared: frozenset[str]) -> tuple[FieldDifference, ...]:
    """Every field that differs, those of the Application itself first."""
    mine, theirs = _objects(pair.here, facts.translated), _objects(pair.there, str)
    found = _fields(mine, theirs, facts)
    left = set(_fields(_as_there(pair, mine, facts, shared), theirs, facts)) if pair.traces else set(found)
    return (*_application(pair, facts), *_told(found, mine, theirs, left))


def _application(pair: Pair, facts: Facts) -> Iterator[FieldDifference]:
    here, there = _about(pair.here), _about(pair.there)
    place = pair.there.application.origin.location
    for one in facts.differences(here, there):
        if not one.path or "targetRevision" not in map(str, one.path):
            yield FieldDifference("Application", dotted(one.path), one.old, one.new, False, place)


def _about(entry: Entry) -> Mapping[str, Any]:
    metadata = entry.application.metadata
    return {
        "metadata": {key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)},
        "spec": entry.application.spec,
    }


def _objects(entry: Entry, name: Callable[[str], str]) -> Objects:
    """The objects by what they are called in the second environment; a namespace only where they name one."""
    return {
        (resource.group, resource.kind, name(_namespace(resource.data)), name(resource.name)): (resource.data, resource)
        for resource in entry.rendered.resources
    }


def _namespace(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    return str(metadata.get("namespace") or "") if isinstance(metadata, Mapping) else ""


def _fields(here: Objects, there: Objects, facts: Facts) -> Fields:
    """Every difference by its object and field; None for an object only one has."""
    found: dict[tuple[Key, str], Difference | None] = {}
    for key in sorted({*here, *there}):
        if key not in here or key not in there:
            found[key, ""] = None
            continue
        for one in facts.differences(_shown(key[1], here[key][0]), _shown(key[1], there[key][0])):
            if _VERSION_LABEL not in map(str, one.path):
                found[key, dotted(one.path)] = one
    return found


def _shown(kind: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """An object without its secrets: only which there are counts."""
    if kind not in _SECRET:
        return data
    shown = {key: _hidden(value) if key in _SECRET[kind] else value for key, value in data.items()}
    metadata = shown.get("metadata")
    if isinstance(metadata, Mapping) and isinstance(metadata.get("annotations"), Mapping):
        annotations = {key: value for key, value in metadata["annotations"].items() if key not in _TELLING}
        shown["metadata"] = {**metadata, "annotations": annotations}
    return shown


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _hidden(item) for key, item in value.items()}
    return "(not shown)"


def _told(found: Fields, here: Objects, there: Objects, left: set[tuple[Key, str]]) -> Iterator[FieldDifference]:
    fields: dict[Key, list[str]] = {}
    for key, field in left:
        fields.setdefault(key, []).append(field)
    for (key, field), difference in found.items():
        by_values = not any(_touches(field, other) for other in fields.get(key, ()))
        resource = (there.get(key) or here[key])[1]
        assert resource is not None  # noqa: S101 - both are what was rendered
        if difference is None:
            old, new = (MISSING, str(resource)) if key not in here else (str(resource), MISSING)
        else:
            old, new = difference.old, difference.new
        path = difference.head if difference is not None and key in there else ()
        yield FieldDifference(str(resource), field, old, new, by_values, resource.source, found_in=resource, path=path)


def _touches(one: str, other: str) -> bool:
    """Whether two fields are the same, or one holds the other."""
    short, long = sorted((one, other), key=len)
    return not short or long == short or long.startswith((f"{short}.", f"{short}["))


def _as_there(pair: Pair, mine: Objects, facts: Facts, shared: frozenset[str]) -> Objects:
    """The objects of the first environment as they would be with the second one's values.

    A source that Helm then refuses, and what no Helm source printed, stays as it is.
    """
    traces = {id(here): (here, there) for here, there in pair.traces}
    out: dict[Key, tuple[Any, Resource | None]] = {
        key: found for key, found in mine.items() if found[1] is None or id(found[1].trace) not in traces
    }
    for here, there in pair.traces:
        try:
            request = _request(here, _values(here, there, facts, shared))
            skip_tests = here.application.sources[here.index].helm.get("skipTests") is True
            documents = [one.data for one in printed(here.engine.render(request), skip_tests)]
        except (EngineError, Refused):
            out |= {key: found for key, found in mine.items() if found[1] is not None and found[1].trace is here}
            continue
        for data in documents:
            api = str(data.get("apiVersion") or "")
            metadata = data.get("metadata")
            name = str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
            group, kind = api.rpartition("/")[0], str(data.get("kind") or "")
            out[group, kind, facts.translated(_namespace(data)), facts.translated(name)] = (data, None)
    return out


def _request(here: HelmTrace, values: Mapping[str, Any]) -> RenderRequest:
    """The same call with other values; integers among them travel in the chart."""
    if not integers.has_integers(values) and not integers.has_integers(here.request.values):
        return replace(here.request, values=values)
    chart = here.chart
    extra = integers.template(values, chart.names(), chart.deepest()) if integers.has_integers(values) else {}
    return replace(here.request, values=values, archive=chart.packed(extra))


def _values(here: HelmTrace, there: HelmTrace, facts: Facts, shared: frozenset[str]) -> Mapping[str, Any]:
    """The second environment's values with the facts and the names of the first."""
    values: dict[str, Any] = copy.deepcopy(dict(there.request.values))
    mine = {path: value for layer in here.layers if layer.location.file in shared for path, value in _keys(layer.data)}
    theirs = {
        path: value for layer in there.layers if layer.location.file in shared for path, value in _keys(layer.data)
    }
    for path, value in mine.items():
        if path in theirs and get(values, path) == theirs[path]:  # else the app's own file says otherwise
            _put(values, path, value)
    return _renamed(values, here.request.values, facts)


def _renamed(values: Mapping[str, Any], here: Any, facts: Facts) -> dict[str, Any]:
    """The values with the first environment's names in them, but for those that both say alike."""
    theirs = here if isinstance(here, Mapping) else {}
    return {
        key: value
        if key in theirs and value == theirs[key]
        else _renamed(value, theirs.get(key), facts)
        if isinstance(value, Mapping)
        else facts.back(value)
        for key, value in values.items()
    }


def _keys(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every key with a value that is no mapping; a list is one value."""
    if isinstance(data, Mapping) and data:
        for key, value in data.items():
            yield from _keys(value, (*path, key))
    elif path:
        yield path, data


def _put(values: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        values = values[key]
    values[path[-1]] = value
