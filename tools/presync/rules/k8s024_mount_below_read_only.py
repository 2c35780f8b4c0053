"""A single file is mounted inside a ConfigMap, Secret or projected volume.

For whatever is mounted inside such a volume the kubelet makes a folder in it. Another volume fits on a folder, a single
file (`subPath`) does not: the container does not start. See `pkg/volume/util/nested_volumes.go` of Kubernetes.

Bad:

    volumeMounts:
      - {name: config, mountPath: /etc/app}         # a ConfigMap
      - {name: extra, mountPath: /etc/app/extra.conf, subPath: extra.conf}   # a file of another one

Good:

    volumeMounts:
      - {name: config, mountPath: /etc/app}
      - {name: extra, mountPath: /etc/app/extra}
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.pods import Pod, mappings, pods

ID = "K8S024"
NAME = "mount-below-read-only"
SEVERITY = Severity.ERROR
_FIXED = ("configMap", "secret", "downwardAPI", "projected")


def check(platform: Platform) -> Iterator[Match]:
    """Every mount of a file below a volume whose content is given."""
    for pod in pods(platform):
        fixed = {
            str(volume.get("name")): volume
            for _, volume in mappings(pod.spec.spec.get("volumes"))
            if any(volume.get(kind) is not None for kind in _FIXED)
        }
        for path, container in pod.containers():
            yield from _nested(pod, path, mappings(container.get("volumeMounts")), fixed)


def _nested(
    pod: Pod,
    path: tuple[str | int, ...],
    mounts: list[tuple[int, Mapping[str, Any]]],
    fixed: Mapping[str, Mapping[str, Any]],
) -> Iterator[Match]:
    places = {at: posixpath.normpath(str(mount.get("mountPath") or "/")) for at, mount in mounts}
    for at, mount in mounts:
        inner = fixed.get(str(mount.get("name")))
        if inner is None or not _is_file(inner, str(mount.get("subPath") or "")):
            continue
        around = [
            (places[other], outer)
            for other, outer in mounts
            if places[at].startswith(places[other].rstrip("/") + "/") and other != at
        ]
        place, outer = max(around, key=lambda one: len(one[0]), default=("", {}))
        if str(outer.get("name")) in fixed and not outer.get("subPath"):
            yield Match(
                f"{mount.get('name')} is mounted as the file {places[at]}, inside {place}, which holds "
                f"{outer.get('name')}: the kubelet makes a folder there",
                "Mount it elsewhere, or put both into one projected volume.",
                pod.entry,
                pod.resource,
                (*path, "volumeMounts", at, "mountPath"),
            )


def _is_file(volume: Mapping[str, Any], part: str) -> bool:
    """Whether a subPath names one file of a volume: keys have no slash, a path that items give may have."""
    listed = [str(item.get("path")) for source in _sources(volume) for _, item in mappings(source.get("items"))]
    return bool(part) and (part in listed if listed else "/" not in part)


def _sources(volume: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    found = [volume.get(kind) for kind in _FIXED]
    projected = volume.get("projected")
    if isinstance(projected, Mapping):
        found += [part for _, one in mappings(projected.get("sources")) for part in one.values()]
    yield from (one for one in found if isinstance(one, Mapping))
