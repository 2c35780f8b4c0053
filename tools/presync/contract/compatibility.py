"""What a change of the contract means for those who read it.

Compatible is what nobody can notice who relied on the contract as it was: a further set, a further feature that may be
null, a range that takes in more. Everything else that a reader or a stored table had to hold to is breaking, in both
directions: a null where there was none breaks a model, and a null that is no longer taken stops the pipeline.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.contract.model import Contract, FeatureSet
from presync.contract.versions import later, version
from presync.platform.validation.access import Object, obj, text


class Level(enum.StrEnum):
    """How far a change reaches."""

    NONE = "none"  # words for people
    COMPATIBLE = "compatible"
    BREAKING = "breaking"


@dataclass(frozen=True)
class Change:
    """One difference. ``feature`` is empty where it concerns the whole set, ``set`` where the whole contract.

    ``key`` is the field of the set or feature; ``successor`` the later version of a set that is gone, where readers
    could go over to it before.
    """

    level: Level
    set: str
    feature: str
    what: str
    reason: str = ""
    key: str = ""
    successor: str = ""

    @property
    def field(self) -> str:
        """A name for what changed: ``user-features.events_7d.transform``."""
        return ".".join(part for part in (self.set, self.feature, self.key) if part)

    def __str__(self) -> str:
        place = ".".join(part for part in (self.set, self.feature) if part) or "the contract"
        return f"{place}: {self.what}" + (f": {self.reason}" if self.reason else "")


def level(changes: Sequence[Change]) -> Level:
    """That of all together."""
    order = list(Level)
    return max((change.level for change in changes), key=order.index, default=Level.NONE)


def compare(old: Contract, new: Contract) -> list[Change]:
    """Every difference, set by set."""
    found = list(_sets(old, new))
    found += _dtypes(old, new)
    found += _functions(old, new)
    found += _artifacts(old, new)
    return found


def _sets(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = old.sets, new.sets
    for name in sorted({*before, *after}):
        if name not in after:
            successor = later(name, {*before} & {*after})
            why = (
                f"its view and its service are gone{f', and {successor} was there to go over to' if successor else ''}"
            )
            yield Change(Level.BREAKING, name, "", "set removed", why, successor=successor)
        elif name not in before:
            stem, number = version(name)
            known = any(version(other)[0] == stem for other in before)
            yield Change(Level.COMPATIBLE, name, "", f"set added, version {number} of {stem}" if known else "set added")
        else:
            yield from _set(before[name], after[name])


def _set(old: FeatureSet, new: FeatureSet) -> Iterator[Change]:
    yield from _fields(old, new)
    yield from _entities(old, new)
    yield from _validation(old, new)
    yield from _features(old, new)
    for key in ("description", "owner", "tags"):
        if old.spec.get(key) != new.spec.get(key):
            yield Change(Level.NONE, old.name, "", f"{key} changed", key=key)


def _fields(old: FeatureSet, new: FeatureSet) -> Iterator[Change]:
    before, after, name = old.spec, new.spec, old.name

    def changed(key: str) -> str:
        pair = (before.get(key), after.get(key))
        return f"{key} {_shown(pair[0])} became {_shown(pair[1])}" if pair[0] != pair[1] else ""

    if what := changed("project"):
        why = "every view is in another project, and the old one stays as it was"
        yield Change(Level.BREAKING, name, "", what, why, "project")
    if what := changed("timestampColumn"):
        yield Change(Level.BREAKING, name, "", what, "stored versions have no such column", "timestampColumn")
    if what := changed("ttl"):
        shorter = _longer(text(before, "ttl"), text(after, "ttl"))
        reason = "values that were served are null now" if shorter else "values are served that were too old before"
        yield Change(Level.BREAKING, name, "", what, reason, "ttl")
    if what := changed("batchSchedule"):
        yield Change(Level.COMPATIBLE, name, "", what, "new values come at another time", "batchSchedule")
    if old.event_time != new.event_time:
        what = f"time of events is {new.event_time}, was {old.event_time}"
        yield Change(Level.BREAKING, name, "", what, "every window holds other events", "stream")
    elif (what := changed("stream")) and text(obj(before, "stream"), "kafkaTopic"):
        yield Change(Level.BREAKING, name, "", what, "who reads the topic finds the events elsewhere", "stream")
    elif what:
        yield Change(Level.COMPATIBLE, name, "", what, key="stream")


def _entities(old: FeatureSet, new: FeatureSet) -> Iterator[Change]:
    before, after = old.entities, new.entities
    why = "the key of every row is another one"

    def change(level: Level, entity: str, what: str, reason: str = "") -> Change:
        return Change(level, old.name, "", f"entity {entity} {what}", reason, f"entities.{entity}")

    for entity in [*before, *(name for name in after if name not in before)]:
        if entity not in after:
            yield change(Level.BREAKING, entity, "removed", why)
        elif entity not in before:
            yield change(Level.BREAKING, entity, "added", why)
        elif text(before[entity], "type") != text(after[entity], "type"):
            what = f"of type {text(before[entity], 'type')} became {text(after[entity], 'type')}"
            yield change(Level.BREAKING, entity, what, why)
        elif before[entity] != after[entity]:
            yield change(Level.NONE, entity, "has another description")
    if before != after and set(before) == set(after) and list(before) != list(after):
        yield Change(Level.BREAKING, old.name, "", "entities in another order", why, "entities")


def _validation(old: FeatureSet, new: FeatureSet) -> Iterator[Change]:
    for key in ("null_threshold", "drift_threshold"):
        before, after = old.validation.get(key), new.validation.get(key)
        if before == after:
            continue
        loosened = _number(after) > _number(before)
        what = f"{key} {'loosened' if loosened else 'tightened'} from {_shown(before)} to {_shown(after)}"
        reason = "what was refused is stored now" if loosened else "a run that was stored before may be refused"
        yield Change(Level.BREAKING, old.name, "", what, reason, f"validation.{key}")
    before, after = old.validation.get("freshness_threshold"), new.validation.get("freshness_threshold")
    if before != after:
        loosened = _longer(str(after), str(before))
        what = f"freshness_threshold {'loosened' if loosened else 'tightened'} from {_shown(before)} to {_shown(after)}"
        reason = "nobody is told of an age at which somebody was told before" if loosened else "the alert comes earlier"
        reach = Level.BREAKING if loosened else Level.COMPATIBLE
        yield Change(reach, old.name, "", what, reason, "validation.freshness_threshold")


def _features(old: FeatureSet, new: FeatureSet) -> Iterator[Change]:
    before, after = old.features, new.features
    gone = [name for name in before if name not in after]
    added = [name for name in after if name not in before]
    renamed: dict[str, str] = {}
    for name in gone:
        twin = next((one for one in added if one not in renamed.values() and _same(before[name], after[one])), "")
        if twin:
            renamed[name] = twin
            yield Change(
                Level.BREAKING, old.name, name, f"renamed to {twin}", "whoever asks for the old name gets an error"
            )
        else:
            yield Change(Level.BREAKING, old.name, name, "removed", "whoever asks for it gets an error")
    for name in added:
        if name in renamed.values():
            continue
        if after[name].get("nullable") is False:
            why = "versions stored before have no value for it; nullable: true takes them in"
            yield Change(Level.BREAKING, old.name, name, "added as never null", why)
        else:
            yield Change(Level.COMPATIBLE, old.name, name, "added")
    for name in before:
        if name in after:
            yield from _feature(old.name, name, before[name], after[name])
    stay = [name for name in before if name in after]
    if stay != [name for name in after if name in before]:
        yield Change(
            Level.COMPATIBLE, old.name, "", "features in another order", "columns are read by name", "features"
        )


def _same(one: Object, other: Object) -> bool:
    return all(one.get(key) == other.get(key) for key in ("dtype", "source", "transform"))


def _feature(set_name: str, name: str, old: Object, new: Object) -> Iterator[Change]:
    def change(level: Level, key: str, what: str, reason: str = "") -> Change:
        return Change(level, set_name, name, what, reason, key)

    before, after = text(old, "dtype"), text(new, "dtype")
    if before != after:
        yield change(Level.BREAKING, "dtype", *_dtype(before, after))
    for key in ("transform", "source"):
        if old.get(key) != new.get(key):
            what = f"{key} {_shown(old.get(key))} became {_shown(new.get(key))}"
            yield change(Level.BREAKING, key, what, "the same name means another value")
    if old.get("nullable") != new.get("nullable"):
        if new.get("nullable") is False:
            yield change(
                Level.BREAKING, "nullable", "nullable became never null", "a run with a null is refused from now on"
            )
        else:
            why = "a reader that relies on a value meets a null"
            yield change(Level.BREAKING, "nullable", "never null became nullable", why)
    yield from _range(change, obj(old, "range"), obj(new, "range"))
    yield from _allowed(change, old.get("allowed"), new.get("allowed"))
    for key in ("description", "owner", "tags"):
        if old.get(key) != new.get(key):
            yield change(Level.NONE, key, f"{key} changed")


_WIDER = {("int32", "int64"), ("float", "double"), ("int32", "double")}


def _dtype(before: str, after: str) -> tuple[str, str]:
    if (after, before) in _WIDER:
        return f"dtype narrowed from {before} to {after}", "values lose digits or do not fit"
    if (before, after) in _WIDER:
        return f"dtype widened from {before} to {after}", f"a column of a reader that holds {before} is too small"
    return f"dtype {before} became {after}", "a reader gets values of another kind"


_Make = Callable[..., Change]


def _range(change: _Make, old: Object, new: Object) -> Iterator[Change]:
    for side, sign in (("min", 1), ("max", -1)):
        before, after = old.get(side), new.get(side)
        if before == after:
            continue
        narrowed = before is None or (after is not None and sign * _number(after) > sign * _number(before))
        what = f"range {'narrowed' if narrowed else 'widened'}: {side} {_shown(before)} became {_shown(after)}"
        if narrowed:
            yield change(Level.BREAKING, "range", what, "a value that was taken is refused now")
        else:
            yield change(Level.COMPATIBLE, "range", what, "values may come that did not come before")


def _allowed(change: _Make, old: Any, new: Any) -> Iterator[Change]:
    before = set(map(str, old)) if isinstance(old, list) else None
    after = set(map(str, new)) if isinstance(new, list) else None
    if before == after:
        return
    if after is None or (before is not None and before < after):
        more = f": {', '.join(sorted(after - before))}" if after and before else ""
        why = "values may come that did not come before"
        yield change(Level.COMPATIBLE, "allowed", f"more values allowed{more}", why)
    else:
        less = f": {', '.join(sorted(before - after))}" if before else ""
        yield change(Level.BREAKING, "allowed", f"fewer values allowed{less}", "a value that was taken is refused now")


def _dtypes(old: Contract, new: Contract) -> Iterator[Change]:
    """How a dtype that stays in use is stored and served."""
    used = {text(one, "dtype") for each in new.sets.values() for one in each.features.values()}
    for dtype in sorted(used & set(old.dtypes)):
        if old.dtypes[dtype] != new.dtypes.get(dtype):
            what = f"{dtype} is stored as {_shown(new.dtypes.get(dtype))}, was {_shown(old.dtypes[dtype])}"
            yield Change(Level.BREAKING, "", "", what, "readers get values of another type")


def _functions(old: Contract, new: Contract) -> Iterator[Change]:
    """What a function gives that stays in use."""
    for name, each in sorted(new.sets.items()):
        for feature, one in each.features.items():
            function = text(one, "transform").partition("(")[0]
            before, after = obj(old.functions, function), obj(new.functions, function)
            known = name in old.sets and feature in old.sets[name].features
            if known and before and before.get("empty") != after.get("empty"):
                what = f"{function} of nothing is {_shown(after.get('empty'))}, was {_shown(before.get('empty'))}"
                yield Change(Level.BREAKING, name, feature, what, "the same name means another value")


def _artifacts(old: Contract, new: Contract) -> Iterator[Change]:
    """Files that are the same for all sets; those of one set follow from the set."""
    for name in sorted({*old.artifacts, *new.artifacts}):
        if not name.endswith(".schema.json") and old.artifacts.get(name) != new.artifacts.get(name):
            yield Change(Level.COMPATIBLE, "", "", f"{name} changed", "no set says anything else; look at its diff")


def _longer(one: str, other: str) -> bool:
    return seconds(one) > seconds(other)


_UNITS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """``30d`` in seconds; 0 for what is no duration."""
    number, unit = duration[:-1], duration[-1:]
    return (
        int(number) * _UNITS[unit]
        if number.isascii() and number.isdigit() and unit in _UNITS and len(number) < 10
        else 0
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(one)}" for key, one in sorted(value.items()))
    return str(value)
