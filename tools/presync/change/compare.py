"""Two platforms, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presync.change import hashed, renames
from presync.change.fields import differences, same
from presync.change.model import ApplicationChange, Change, Difference, ResourceChange
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.tree import Tree

_Key = tuple[str, ...]
_Found = Mapping[_Key, tuple[Entry, Resource]]


def compare(base: Platform, head: Platform) -> Change:
    """What differs between them.

    An Application that could be rendered in one state only is in ``unknown``: that its objects are not there does not
    mean that they are gone.
    """
    before, after = _entries(base), _entries(head)
    unknown = tuple(
        (before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if key in before and key in after and _dark(before[key]) != _dark(after[key])
    )
    hidden = {one.name for pair in unknown for one in pair if one is not None}
    return Change(
        base,
        head,
        tuple(renames.paired(_applications(before, after))),
        tuple(hashed.paired(_resources(base, head, hidden))),
        unknown,
        tuple(changed_files(base.tree, head.tree)),
    )


def changed_files(base: Tree, head: Tree) -> Iterator[str]:
    """Paths whose content differs, and those only one tree has."""
    before, after = set(base.paths), set(head.paths)
    for path in sorted(before | after):
        alone = path not in before or path not in after
        if alone or (base.is_file(path) and head.is_file(path) and base.content(path) != head.content(path)):
            yield path


def _entries(platform: Platform) -> dict[tuple[str, str], Entry]:
    return {(entry.application.namespace, entry.name): entry for entry in platform.entries}


def _dark(entry: Entry) -> bool:
    """Whether nothing is known of what it renders."""
    return bool(entry.rendered.error or (entry.rendered.unavailable and not entry.rendered.external))


def _applications(
    before: Mapping[tuple[str, str], Entry], after: Mapping[tuple[str, str], Entry]
) -> Iterator[ApplicationChange]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            yield ApplicationChange(old, new)
            continue
        found = differences(_told(old), _told(new))
        if found:
            yield ApplicationChange(old, new, found)


def _told(entry: Entry) -> Mapping[str, object]:
    """What somebody decides about an Application."""
    metadata = entry.application.metadata
    return {
        "metadata": {key: metadata[key] for key in ("labels", "annotations", "finalizers") if metadata.get(key)},
        "spec": entry.application.spec,
    }


def _resources(base: Platform, head: Platform, hidden: set[str]) -> Iterator[ResourceChange]:
    before, after = _objects(base, hidden), _objects(head, hidden)
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            yield ResourceChange(None, new[1], None, new[0])
        elif new is None and old is not None:
            yield ResourceChange(old[1], None, old[0], None)
        elif old is not None and new is not None:
            found: tuple[Difference, ...] = ()
            if not same(old[1].data, new[1].data):
                found = differences(old[1].data, new[1].data)
            one = ResourceChange(old[1], new[1], old[0], new[0], found)
            if found or one.moved:
                yield one


def _objects(platform: Platform, hidden: set[str]) -> _Found:
    """Every object by its identity in its cluster; a version of its API is not part of it."""
    found: dict[_Key, tuple[Entry, Resource]] = {}
    for entry, resource in platform.resources():
        if entry.name not in hidden:
            found.setdefault((entry.application.destination.cluster, *resource.key), (entry, resource))
    return found
