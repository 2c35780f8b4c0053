"""Volumes of a Pod."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import (
    Object,
    duplicate,
    forbidden,
    has,
    invalid,
    items,
    obj,
    required,
    text,
)
from presync.platform.validation.containers import (
    VOLUME_FIELDS,
    field_reference,
    relative_path,
    resource_reference,
)
from presync.platform.violation import Category, Path, Violation

# What each type cannot do without.
_NEEDED = {
    "configMap": ("name",),
    "secret": ("secretName",),
    "persistentVolumeClaim": ("claimName",),
    "hostPath": ("path",),
    "nfs": ("server", "path"),
    "csi": ("driver",),
    "ephemeral": ("volumeClaimTemplate",),
}
_PROJECTED = ("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")


def volumes(spec: Object, path: Path) -> tuple[dict[str, Object], list[Violation]]:
    """The volumes by name, and what is wrong with them."""
    found: dict[str, Object] = {}
    wrong: list[Violation] = []
    for index, volume in items(spec, "volumes"):
        here = (*path, "volumes", index)
        name = text(volume, "name")
        if not name:
            wrong.append(required((*here, "name")))
        elif names.dns_label(name):
            wrong.append(invalid(Category.NAME, (*here, "name"), name, names.dns_label(name)))
        if name and name in found:
            wrong.append(duplicate((*here, "name"), name))
        found[name] = volume
        wrong += _source(volume, here)
    return found, wrong


def _source(volume: Object, path: Path) -> Iterator[Violation]:
    types = [key for key, value in volume.items() if key != "name" and value is not None]
    for extra in types[1:]:
        yield forbidden((*path, extra), "may not specify more than 1 volume type")
    for kind in types[:1]:
        source = obj(volume, kind)
        for field in _NEEDED.get(kind, ()):
            if not source.get(field):
                yield required((*path, kind, field))
        if kind in ("configMap", "secret"):
            yield from _items(source, (*path, kind))
        elif kind == "projected":
            yield from _projected(source, (*path, kind))
        elif kind == "downwardAPI":
            yield from _downward(source, (*path, kind))
        elif kind == "nfs" and not text(source, "path").startswith("/") and source.get("path"):
            yield invalid(Category.FORMAT, (*path, kind, "path"), source["path"], "must be an absolute path")
        elif kind == "hostPath" and ".." in text(source, "path").split("/"):
            yield invalid(Category.FORMAT, (*path, kind, "path"), source["path"], "must not contain '..'")


def _items(source: Object, path: Path) -> Iterator[Violation]:
    for index, item in items(source, "items"):
        here = (*path, "items", index)
        for field in ("key", "path"):
            if not item.get(field):
                yield required((*here, field))
        yield from relative_path(text(item, "path"), (*here, "path"))


def _downward(source: Object, path: Path) -> Iterator[Violation]:
    for index, item in items(source, "items"):
        here = (*path, "items", index)
        if not item.get("path"):
            yield required((*here, "path"))
        yield from relative_path(text(item, "path"), (*here, "path"))
        if not has(item, "fieldRef") and not has(item, "resourceFieldRef"):
            yield required(here, "one of fieldRef and resourceFieldRef is required")
        if has(item, "fieldRef"):
            yield from field_reference(item, here, VOLUME_FIELDS)
        if has(item, "resourceFieldRef"):
            if not obj(item, "resourceFieldRef").get("containerName"):
                yield required((*here, "resourceFieldRef", "containerName"))
            yield from resource_reference(item, here)


def _projected(source: Object, path: Path) -> Iterator[Violation]:
    taken: set[str] = set()
    for index, part in items(source, "sources"):
        here = (*path, "sources", index)
        chosen = [key for key in _PROJECTED if has(part, key)]
        for extra in chosen[1:]:
            yield forbidden((*here, extra), "may not specify more than 1 volume type per source")
        for kind in chosen:
            inner = obj(part, kind)
            if kind in ("secret", "configMap"):
                if not inner.get("name"):
                    yield required((*here, kind, "name"))
                yield from _items(inner, (*here, kind))
            if kind == "serviceAccountToken":
                if not inner.get("path"):
                    yield required((*here, kind, "path"))
                yield from relative_path(text(inner, "path"), (*here, kind, "path"))
            if kind == "downwardAPI":
                yield from _downward(inner, (*here, kind))
            for at, item in items(inner, "items"):
                place = text(item, "path")
                if place and place in taken:
                    yield invalid(
                        Category.DUPLICATE, (*here, kind, "items", at, "path"), place, "conflicting duplicate paths"
                    )
                taken.add(place)
