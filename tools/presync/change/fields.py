"""Field by field: what differs between two objects."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from presync.change.model import MISSING, Difference, Path

# The keys by which items of lists in Kubernetes' objects are told apart, in the order they are tried.
_KEYS = (
    ("name",),
    ("mountPath",),
    ("containerPort", "protocol"),
    ("port", "protocol"),
    ("key", "operator", "effect"),
    ("topologyKey",),
    ("host",),
    ("path",),
    ("ip",),
    ("type",),
    ("alert",),
    ("record",),
    ("uid",),
    ("id",),
)
_DOTS = re.compile(r"[^\[]*[./]")  # not the name of an item: [name=a.b]
_NOISE = re.compile(r"^(?:metadata|.*\.metadata)\.(?:annotations\.checksum/.*|labels\.(?:helm\.sh/chart))$")


def differences(old: Any, new: Any) -> tuple[Difference, ...]:
    """Every field that differs, the shortest paths that say all."""
    return tuple(_walk(old, new, (), (), ()))


def same(old: Any, new: Any) -> bool:
    """Whether nothing differs. Python's equality alone takes `0`, `0.0` and `false` for the same."""
    if old is new:
        return True
    if old != new or type(old) is not type(new):
        return False
    if isinstance(old, Mapping):
        return all(same(value, new[key]) for key, value in old.items())
    return not isinstance(old, list) or all(map(same, old, new))


def dotted(path: Path) -> str:
    """A path as people write it: items by their keys, names with dots in brackets."""
    return ".".join(f"[{one}]" if _DOTS.match(str(one)) else str(one) for one in path).replace(".[", "[")


def is_noise(path: Path) -> bool:
    """Whether the field only follows from another one."""
    return bool(_NOISE.match(".".join(map(str, path))))


def _walk(old: Any, new: Any, path: Path, base: Path, head: Path) -> Iterator[Difference]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}, key=str):
            yield from _walk(old.get(key, MISSING), new.get(key, MISSING), (*path, key), (*base, key), (*head, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, path, base, head)
    elif not same(old, new):
        yield Difference(path, old, new, base, head, is_noise(path))


def _lists(old: list[Any], new: list[Any], path: Path, base: Path, head: Path) -> Iterator[Difference]:
    keys = _key_of(old, new)
    if keys is None:
        if same(old, new):
            return
        if all(not isinstance(one, Mapping | list) for one in [*old, *new]):
            yield Difference(path, old, new, base, head, is_noise(path))
            return
        for was, now in _aligned(old, new):
            yield from _walk(
                MISSING if was is None else old[was],
                MISSING if now is None else new[now],
                (*path, was if now is None else now),
                (*base, len(old) if was is None else was),
                (*head, len(new) if now is None else now),
            )
        return
    before = {_identity(one, keys): at for at, one in enumerate(old)}
    after = {_identity(one, keys): at for at, one in enumerate(new)}
    for identity in [*before, *(one for one in after if one not in before)]:
        was, now = before.get(identity), after.get(identity)
        name = f"[{','.join(f'{key}={value}' for key, value in zip(keys, identity, strict=True) if value is not None)}]"
        yield from _walk(
            MISSING if was is None else old[was],
            MISSING if now is None else new[now],
            (*path, name),
            (*base, was if was is not None else len(old)),
            (*head, now if now is not None else len(new)),
        )


def _aligned(old: Sequence[Any], new: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Which item became which, where no key tells them apart: equal ones are the same, in their order."""
    before, after = ([json.dumps(one, sort_keys=True, default=str) for one in items] for items in (old, new))
    for _, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield from itertools.zip_longest(range(i1, i2), range(j1, j2))


def _key_of(old: Sequence[Any], new: Sequence[Any]) -> tuple[str, ...] | None:
    """The key that tells the items of both lists apart."""
    if not all(isinstance(one, Mapping) for one in [*old, *new]) or not (old or new):
        return None
    for keys in _KEYS:
        if all(keys[0] in one for one in [*old, *new]) and _unique(old, keys) and _unique(new, keys):
            return keys
    return None


def _unique(items: Sequence[Mapping[str, Any]], keys: tuple[str, ...]) -> bool:
    found = [_identity(one, keys) for one in items]
    return len(set(found)) == len(found)


def _identity(item: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(None if item.get(key) is None else str(item[key]) for key in keys)
