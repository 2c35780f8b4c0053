"""A volume is mounted inside another one that cannot be written.

The runtime has to make a folder or a file to mount on, inside a ConfigMap or Secret, and fails: the container does not
start. It works only where the outer volume has that very path.

Bad:

    volumeMounts:
      - {name: config, mountPath: /etc/app}         # a ConfigMap
      - {name: cache, mountPath: /etc/app/cache}

Good:

    volumeMounts:
      - {name: config, mountPath: /etc/app}
      - {name: cache, mountPath: /var/cache/app}
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
    """Every mount below one whose content is given."""
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
        for other, outer in mounts:
            volume = fixed.get(str(outer.get("name")))
            inside = places[at].startswith(places[other].rstrip("/") + "/")
            if volume is None or outer.get("subPath") or not inside:
                continue
            rest = posixpath.relpath(places[at], places[other])
            if rest in _paths(volume):
                continue
            yield Match(
                f"{mount.get('name')} is mounted on {places[at]}, inside {places[other]}, which holds "
                f"{outer.get('name')} and cannot be written",
                "Mount it elsewhere, or mount the outer files one by one with subPath.",
                pod.entry,
                pod.resource,
                (*path, "volumeMounts", at, "mountPath"),
            )


def _paths(volume: Mapping[str, Any]) -> set[str]:
    """The files a volume says it has; what a whole ConfigMap holds is not asked, its keys have no slash."""
    sources = [volume.get(kind) for kind in _FIXED]
    projected = volume.get("projected")
    if isinstance(projected, Mapping):
        sources += [part for _, one in mappings(projected.get("sources")) for part in one.values()]
    return {
        str(item.get("path"))
        for source in sources
        if isinstance(source, Mapping)
        for _, item in mappings(source.get("items"))
    }
