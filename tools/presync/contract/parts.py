"""The ConfigMaps of the contract and the Pods that read them.

A ConfigMap with the annotation of the contract's hash is a part of it, whatever chart it comes from. A Pod that mounts
one, carries that annotation itself, or is told a folder to read it from, is a reader.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from presync.argocd.sync import is_applied
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.templates import pod_templates
from presync.platform.validation.access import Object, items, obj, text
from presync.platform.workloads import GROUPS, PodSpec, pod_specs
from presync.render.model import Resource

CONTRACT = "featuresets.json"
ENVIRONMENT = "environment.json"
FEAST = "feature_store.yaml"
TEMPLATE = "metadata.json.j2"
SCHEMA = ".schema.json"
FOLDER = "MLOPS_FEATURE_STORE_DIR"  # where the DAGs read the contract
CONTAINERS = ("initContainers", "containers")

Path = tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Part:
    """A ConfigMap of the contract and the hashes it is annotated with, by annotation."""

    entry: Entry
    resource: Resource
    hashes: Mapping[str, str]

    @property
    def cluster(self) -> str:
        return self.entry.application.destination.cluster

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Its texts by key."""
        return {str(key): value for key, value in obj(self.resource.data, "data").items() if isinstance(value, str)}


@dataclass(frozen=True, eq=False)
class Mount:
    """A part of the contract in a container."""

    part: Part
    where: str
    sub_path: str
    path: Path  # of the mount
    files: Mapping[str, str] = field(hash=False)  # path in the container to key


@dataclass(frozen=True, eq=False)
class Container:
    """A container of a reader, and the parts of the contract it sees."""

    data: Object = field(repr=False)
    path: Path
    mounts: tuple[Mount, ...]

    @property
    def name(self) -> str:
        return text(self.data, "name")

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """Plain values by name; those taken from elsewhere are empty."""
        return {text(one, "name"): text(one, "value") for _, one in items(self.data, "env")}

    def variable(self, name: str) -> Path:
        """Where a variable stands, by its name; where there is none, all of them."""
        path = (*self.path, "env")
        return next(((*path, at, "name") for at, one in items(self.data, "env") if text(one, "name") == name), path)

    @cached_property
    def words(self) -> str:
        """What it runs, as one text."""
        parts = [self.data.get("command"), self.data.get("args")]
        return " ".join(str(word) for part in parts if isinstance(part, list) for word in part)

    @cached_property
    def files(self) -> Mapping[str, tuple[Mount, str]]:
        """Every file of the contract it sees, by its path: whose and which key."""
        return {path: (mount, key) for mount in self.mounts for path, key in mount.files.items()}


@dataclass(frozen=True, eq=False)
class Reader:
    """A Pod, or a template of one, that mounts a part of the contract or says which one it is made for."""

    entry: Entry
    resource: Resource
    path: Path  # of the PodSpec
    annotations: Mapping[str, str]
    containers: tuple[Container, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """What it mounts, each once."""
        return tuple(dict.fromkeys(mount.part for one in self.containers for mount in one.mounts))

    @property
    def alone(self) -> tuple[Mount, ...]:
        """The mounts by subPath, which never follow their ConfigMap."""
        return tuple(mount for one in self.containers for mount in one.mounts if mount.sub_path)

    def annotation(self, name: str) -> Path:
        """Where an annotation of the Pod stands, or would."""
        return (*self.path[:-1], "metadata", "annotations", name)

    def __str__(self) -> str:
        return f"{self.resource.kind} {self.resource.name}"


@dataclass(frozen=True, eq=False)
class Parts:
    """All of a platform."""

    parts: tuple[Part, ...]
    readers: tuple[Reader, ...]

    def of(self, environment: str) -> tuple[Part, ...]:
        """Those of an environment."""
        return tuple(part for part in self.parts if part.entry.environment == environment)

    def with_file(self, name: str) -> Iterator[Part]:
        """Those that hold a file."""
        return (part for part in self.parts if name in part.files)


def parts(platform: Platform) -> Parts:
    """The contract of a platform, looked for once."""
    return memo(platform, "contract.parts", _parts)


def dark(platform: Platform) -> list[Entry]:
    """What might hold or read the contract and is not there to look at."""
    return [
        entry
        for entry in platform.entries
        if (entry.rendered.error or entry.rendered.unavailable) and not entry.rendered.external
    ]


def _parts(platform: Platform) -> Parts:
    names = platform.settings.contract
    found = []
    for entry, resource in platform.resources():
        if (resource.group, resource.kind) == ("", "ConfigMap") and names.hash in resource.annotations:
            hashes = {
                name: str(resource.annotations[name]) for name in names.annotations if name in resource.annotations
            }
            found.append(Part(entry, resource, hashes))
    places = {(part.cluster, part.resource.namespace, part.resource.name): part for part in found}
    readers = []
    for entry, resource in platform.resources():
        if resource.group in GROUPS and is_applied(resource.annotations):
            readers += [
                reader
                for pod in pod_specs(resource.data, resource.kind)
                if (reader := _reader(entry, resource, pod, places, names.annotations)) is not None
            ]
    return Parts(tuple(found), tuple(readers))


def _reader(
    entry: Entry, resource: Resource, pod: PodSpec, places: Mapping[tuple[str, str, str], Part], names: tuple[str, ...]
) -> Reader | None:
    cluster = entry.application.destination.cluster
    known = {
        name: part for (at, namespace, name), part in places.items() if (at, namespace) == (cluster, resource.namespace)
    }
    volumes = dict(_volumes(pod.spec, known))
    containers = tuple(
        Container(container, (*pod.path, group, index), _mounts(container, (*pod.path, group, index), volumes))
        for group in CONTAINERS
        for index, container in items(pod.spec, group)
    )
    annotations = {name: value for name, value in _annotations(resource, pod).items() if name in names}
    if not annotations and not any(one.mounts or FOLDER in one.variables for one in containers):
        return None
    return Reader(entry, resource, pod.path, annotations, containers)


def _annotations(resource: Resource, pod: PodSpec) -> Mapping[str, str]:
    if resource.kind == "ConfigMap":
        template = next((one.pod for one in pod_templates(resource.data, "ConfigMap") if one.key == pod.path[1]), {})
    else:
        template = resource.data
        for step in pod.path[:-1]:
            template = obj(template, str(step))
    found = obj(template, "metadata", "annotations")
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _volumes(spec: Object, known: Mapping[str, Part]) -> Iterator[tuple[str, list[tuple[Part, Mapping[str, str]]]]]:
    """Name of a volume to the parts in it, each with its files: path in the volume to key."""
    for _, volume in items(spec, "volumes"):
        sources = [obj(volume, "configMap")]
        sources += [obj(source, "configMap") for _, source in items(obj(volume, "projected"), "sources")]
        found = [
            (known[text(source, "name")], _files(source, known[text(source, "name")]))
            for source in sources
            if text(source, "name") in known
        ]
        if found:
            yield text(volume, "name"), found


def _files(source: Object, part: Part) -> Mapping[str, str]:
    chosen = list(items(source, "items"))
    if chosen:
        return {text(item, "path"): text(item, "key") for _, item in chosen if text(item, "key") in part.files}
    return {key: key for key in part.files}


def _mounts(
    container: Object, path: Path, volumes: Mapping[str, list[tuple[Part, Mapping[str, str]]]]
) -> tuple[Mount, ...]:
    found = []
    for index, mount in items(container, "volumeMounts"):
        for part, files in volumes.get(text(mount, "name"), ()):
            where = posixpath.normpath(text(mount, "mountPath") or "/")
            sub_path = text(mount, "subPath").strip("/")
            if sub_path:
                seen = {where: files[sub_path]} if sub_path in files else {}
            else:
                seen = {posixpath.join(where, name): key for name, key in files.items()}
            found.append(Mount(part, where, sub_path, (*path, "volumeMounts", index), seen))
    return tuple(found)
