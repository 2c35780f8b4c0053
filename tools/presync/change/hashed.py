"""ConfigMaps and Secrets that Kustomize calls by their content: another content is another name.

To Argo CD the one goes and the other comes, and what uses them starts anew. To people it is one object that changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from presync.change.fields import differences
from presync.change.model import ResourceChange

# The letters and digits of a hash, see api/hasher of Kustomize.
_NAME = re.compile(r"(?P<stem>.+)-[2456789bcdfghkmt]{10}")
_KINDS = ("ConfigMap", "Secret")
_Key = tuple[str, str, str, str]


def paired(changes: Iterable[ResourceChange]) -> Iterator[ResourceChange]:
    """The changes, with what goes and what comes under one stem as a change of one object."""
    every = list(changes)
    gone = _by_stem(one for one in every if one.kind == "removed")
    come = _by_stem(one for one in every if one.kind == "added")
    pairs = {key: (gone[key][0], come[key][0]) for key in gone if len(gone[key]) == len(come.get(key, ())) == 1}
    replaced = {id(was) for was, _ in pairs.values()}
    made = {id(now): was for was, now in pairs.values()}
    for one in every:
        if id(one) in made:
            yield _changed(made[id(one)], one)
        elif id(one) not in replaced:
            yield one


def _by_stem(changes: Iterable[ResourceChange]) -> dict[_Key, list[ResourceChange]]:
    found: dict[_Key, list[ResourceChange]] = {}
    for one in changes:
        resource = one.resource
        name = _NAME.fullmatch(resource.name) if resource.kind in _KINDS and not resource.group else None
        if name:
            key = (one.entry.name, resource.kind, resource.namespace, name["stem"])
            found.setdefault(key, []).append(one)
    return found


def _changed(gone: ResourceChange, come: ResourceChange) -> ResourceChange:
    assert gone.old is not None and come.new is not None  # noqa: S101 - one goes, one comes
    found = tuple(
        replace(one, noise=True) if one.path == ("metadata", "name") else one
        for one in differences(gone.old.data, come.new.data)
    )
    return ResourceChange(gone.old, come.new, gone.old_entry, come.new_entry, found)
