"""The values of two environments, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Location
from presync.change.model import MISSING, Path
from presync.change.promotion.facts import Facts
from presync.change.promotion.model import ValueDifference
from presync.change.promotion.pairs import Pair
from presync.provenance.influence import get
from presync.render.layers import Layer
from presync.render.trace import HelmTrace


def dotted(path: Path) -> str:
    """A path as people write it; items of lists are named by their keys: ``env[name=A].value``."""
    return ".".join(map(str, path)).replace(".[", "[")


def of_pair(pair: Pair, facts: Facts, shared: frozenset[str]) -> tuple[ValueDifference, ...]:
    """The keys that the files of an app set in either environment, and that differ in what the chart gets.

    Defaults of two versions of a chart are not told: nobody here has set them.
    """
    found: list[ValueDifference] = []
    for here, there in pair.traces:
        for one in facts.differences(_own(here.effective), _own(there.effective)):
            mine, theirs = _set(here, one.base, shared), _set(there, one.head, shared)
            if mine or theirs:
                found.append(
                    ValueDifference(
                        dotted(one.path),
                        one.old,
                        one.new,
                        mine is not None,
                        theirs is not None,
                        mine or Location(),
                        theirs or Location(),
                    )
                )
    return tuple(found)


def of_shared(layers: list[tuple[Layer, Layer]], facts: Facts) -> Iterator[ValueDifference]:
    """What the facts of the environments say that is more than a name: switches, numbers, keys only one has."""
    for here, there in layers:
        for one in facts.differences(here.data, there.data):
            yield ValueDifference(
                dotted(one.path),
                one.old,
                one.new,
                not one.added,
                not one.removed,
                Location() if one.added else here.locate(one.base),
                Location() if one.removed else there.locate(one.head),
            )


def _own(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in values.items() if key != "global"}


def _set(trace: HelmTrace, path: Path, shared: frozenset[str]) -> Location | None:
    """Where a file or a parameter of the Application sets the key, or something above or below it."""
    for scoped, location in trace.setting(path):
        if not scoped.default and scoped.layer.location.file not in shared:
            return location
        if scoped.default:
            break
    name = ".".join(map(str, path))
    for key, location in trace.parameters.items():
        if name == key or name.startswith((f"{key}.", f"{key}[")) or key.startswith((f"{name}.", f"{name}[")):
            return location
    for length in range(len(path) - 1, 0, -1):  # a list or a scalar that stands in place of what held the key
        for scoped, location in trace.setting(path[:length]):
            if not scoped.default and scoped.layer.location.file not in shared:
                above = get(scoped.layer.data, path[:length])
                return None if isinstance(above, Mapping) else location
    return None


def sets_version(difference: ValueDifference, images: list[tuple[str, str]]) -> bool:
    """Whether a key only says which version of an image runs."""
    here, there = str(difference.here), str(difference.there)
    if difference.here is MISSING or difference.there is MISSING or min(len(here), len(there)) < 2:
        return False
    name = difference.path.rpartition(".")[2].lower()
    return name in _OF_IMAGES and any(here in mine and there in theirs for mine, theirs in images)


_OF_IMAGES = frozenset({"tag", "digest", "image", "version", "imagetag", "appversion"})
