"""What a PodSpec refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.platform.model import Entry
from presync.platform.references.model import Reference
from presync.platform.validation.access import Object, items, obj, text
from presync.platform.violation import Path
from presync.render.model import Resource

_ENV = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
_ENV_FROM = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_VOLUMES = {"configMap": ("ConfigMap", "name"), "secret": ("Secret", "secretName")}
_PROJECTED = {"configMap": "ConfigMap", "secret": "Secret"}
_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")

_Keys = tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class Consumer:
    """Whose PodSpec it is."""

    entry: Entry
    resource: Resource

    def to(self, kind: str, name: str, path: Path, **more: Any) -> Reference:
        """A reference to an object of the same namespace."""
        return Reference(self.entry, self.resource, path, kind, self.resource.namespace, name, **more)

    def to_cluster(self, kind: str, name: str, path: Path, **more: Any) -> Reference:
        """A reference to an object without namespace."""
        return Reference(self.entry, self.resource, path, kind, "", name, **more)


def of_pod_spec(who: Consumer, spec: Object, path: Path) -> Iterator[Reference]:
    """Everything a PodSpec needs from its cluster."""
    for field in ("serviceAccountName", "serviceAccount"):
        if text(spec, field):
            yield who.to("ServiceAccount", text(spec, field), (*path, field))
            break
    for index, secret in items(spec, "imagePullSecrets"):
        if text(secret, "name"):
            yield who.to("Secret", text(secret, "name"), (*path, "imagePullSecrets", index, "name"), harmless=True)
    if text(spec, "priorityClassName"):
        yield who.to_cluster("PriorityClass", text(spec, "priorityClassName"), (*path, "priorityClassName"))
    sub_paths = _sub_paths(spec, path)
    for index, volume in items(spec, "volumes"):
        yield from _volume(who, volume, (*path, "volumes", index), sub_paths.get(text(volume, "name"), ()))
    for group in _CONTAINERS:
        for index, container in items(spec, group):
            if "env" in container or "envFrom" in container:
                yield from _container(who, container, (*path, group, index))


def _sub_paths(spec: Object, path: Path) -> dict[str, _Keys]:
    """Name of a volume to the files that are mounted from it one by one."""
    found: dict[str, list[tuple[str, Path]]] = {}
    for group in _CONTAINERS:
        for index, container in items(spec, group):
            for at, mount in items(container, "volumeMounts"):
                if text(mount, "subPath"):
                    place = (*path, group, index, "volumeMounts", at, "subPath")
                    found.setdefault(text(mount, "name"), []).append((text(mount, "subPath"), place))
    return {name: tuple(keys) for name, keys in found.items()}


def _volume(who: Consumer, volume: Object, path: Path, files: _Keys) -> Iterator[Reference]:
    claim = text(obj(volume, "persistentVolumeClaim"), "claimName")
    if claim:
        yield who.to("PersistentVolumeClaim", claim, (*path, "persistentVolumeClaim", "claimName"))
    for field, (kind, named) in _VOLUMES.items():
        source = obj(volume, field)
        if text(source, named):
            here = (*path, field)
            keys = _item_keys(source, here)
            if not source.get("items"):
                keys += files  # a file mounted alone is a key
            optional = source.get("optional") is True
            yield who.to(kind, text(source, named), (*here, named), optional=optional, keys=keys)
    sources = list(items(obj(volume, "projected"), "sources"))
    for index, part in sources:
        for field, kind in _PROJECTED.items():
            source = obj(part, field)
            if text(source, "name"):
                here = (*path, "projected", "sources", index, field)
                keys = _item_keys(source, here)
                if len(sources) == 1 and not source.get("items"):
                    keys += files
                optional = source.get("optional") is True
                yield who.to(kind, text(source, "name"), (*here, "name"), optional=optional, keys=keys)


def _item_keys(source: Object, path: Path) -> _Keys:
    return tuple(
        (text(item, "key"), (*path, "items", index, "key")) for index, item in items(source, "items") if item.get("key")
    )


def _container(who: Consumer, container: Object, path: Path) -> Iterator[Reference]:
    for index, variable in items(container, "env"):
        source = variable.get("valueFrom")
        if isinstance(source, Mapping):
            yield from key_references(who, source, (*path, "env", index, "valueFrom"))
    for index, part in items(container, "envFrom"):
        for field, kind in _ENV_FROM.items():
            reference = obj(part, field)
            if text(reference, "name"):
                here = (*path, "envFrom", index, field, "name")
                yield who.to(kind, text(reference, "name"), here, optional=reference.get("optional") is True)


def key_references(who: Consumer, source: Object, path: Path, fields: Mapping[str, str] = _ENV) -> Iterator[Reference]:
    """Selectors of one key: ``{name, key, optional}`` below these fields."""
    for field, kind in fields.items():
        reference = obj(source, field)
        if text(reference, "name"):
            here = (*path, field)
            keys: _Keys = ((text(reference, "key"), (*here, "key")),) if text(reference, "key") else ()
            optional = reference.get("optional") is True
            yield who.to(kind, text(reference, "name"), (*here, "name"), optional=optional, keys=keys)


def unmatched_items(spec: Object, path: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """Files mounted alone from a volume whose ``items`` do not make them: the field, the file, the files there are."""
    sub_paths = _sub_paths(spec, path)
    for _, volume in items(spec, "volumes"):
        for field in _VOLUMES:
            source = obj(volume, field)
            made = [text(item, "path") for _, item in items(source, "items")]
            if made and source.get("optional") is not True:
                for file, place in sub_paths.get(text(volume, "name"), ()):
                    if file not in made and not any(one.startswith(f"{file.rstrip('/')}/") for one in made):
                        yield place, file, made
