"""Claims and volumes."""

from __future__ import annotations

from collections.abc import Iterator

from presync.platform.validation import names
from presync.platform.validation.access import Object, forbidden, has, invalid, obj, required, text, texts
from presync.platform.validation.metadata import node_terms, selector
from presync.platform.validation.quantities import amount
from presync.platform.violation import Category, Path, Violation

# Fields of a PersistentVolume's spec that are not the type of the volume.
_NOT_A_TYPE = frozenset(
    {
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeAttributesClassName",
        "volumeMode",
    }
)
_NEEDED = {
    "csi": ("driver", "volumeHandle"),
    "hostPath": ("path",),
    "local": ("path",),
    "nfs": ("server", "path"),
}


def claim(data: Object, minor: int) -> Iterator[Violation]:
    """A PersistentVolumeClaim."""
    yield from claim_spec(obj(data, "spec"), ("spec",))


def claim_spec(spec: Object, path: Path) -> Iterator[Violation]:
    """The spec of a claim, also of one in a StatefulSet."""
    yield from _access_modes(spec, path)
    requests = obj(spec, "resources", "requests")
    here = (*path, "resources", "requests", "storage")
    if "storage" not in requests:
        yield required(here)
    else:
        size = amount(requests["storage"])
        if size is not None and size <= 0:
            yield invalid(Category.QUANTITY, here, requests["storage"], "must be greater than zero")
    yield from selector(spec.get("selector"), (*path, "selector"))
    yield from _class_name(spec, path)


def volume(data: Object, minor: int) -> Iterator[Violation]:
    """A PersistentVolume."""
    spec = obj(data, "spec")
    path: Path = ("spec",)
    yield from _access_modes(spec, path)
    yield from _class_name(spec, path)
    capacity = obj(spec, "capacity")
    if not capacity:
        yield required((*path, "capacity"))
    elif set(capacity) != {"storage"}:
        message = 'Unsupported value: supported values: "storage"'
        yield Violation(Category.ENUM, (*path, "capacity"), message)
    size = amount(capacity["storage"]) if "storage" in capacity else None
    if size is not None and size <= 0:
        here = (*path, "capacity", "storage")
        yield invalid(Category.QUANTITY, here, capacity["storage"], "must be greater than zero")
    types = [key for key, value in spec.items() if key not in _NOT_A_TYPE and value is not None]
    if not types:
        yield required(path, "must specify a volume type")
    for extra in types[1:]:
        yield forbidden((*path, extra), "may not specify more than 1 volume type")
    for kind in types[:1]:
        for field in _NEEDED.get(kind, ()):
            if not obj(spec, kind).get(field):
                yield required((*path, kind, field))
        if kind in ("local", "hostPath") and ".." in text(obj(spec, kind), "path").split("/"):
            here = (*path, kind, "path")
            yield invalid(Category.FORMAT, here, obj(spec, kind)["path"], "must not contain '..'")
    if has(spec, "nodeAffinity"):
        yield from node_terms(obj(spec, "nodeAffinity"), (*path, "nodeAffinity"), "required")
    if "local" in types and not has(obj(spec, "nodeAffinity"), "required"):
        yield required((*path, "nodeAffinity"), "Local volume requires node affinity")


def storage_class(data: Object, minor: int) -> Iterator[Violation]:
    """A StorageClass."""
    provisioner = text(data, "provisioner")
    if provisioner and names.qualified(provisioner.lower()):
        yield invalid(Category.NAME, ("provisioner",), provisioner, names.qualified(provisioner.lower()))


def _access_modes(spec: Object, path: Path) -> Iterator[Violation]:
    modes = texts(spec, "accessModes")
    if not modes:
        yield required((*path, "accessModes"), "at least 1 access mode is required")
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        yield forbidden((*path, "accessModes"), "may not use ReadWriteOncePod with other access modes")


def _class_name(spec: Object, path: Path) -> Iterator[Violation]:
    name = text(spec, "storageClassName")
    if name and names.dns_subdomain(name):
        yield invalid(Category.NAME, (*path, "storageClassName"), name, names.dns_subdomain(name))
