"""Where the programs of readers look for the contract, by how they are started."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from presync.contract.parts import CONTRACT, FEAST, FOLDER, Container, Part, Parts, Reader
from presync.platform.validation.access import text

_FEAST = re.compile(
    r"(?:^|[\s;&|(/])feast((?:\s+(?:-\S+|\S*[./]\S*))*)\s+(?:apply|materialize|materialize-incremental|plan|serve\w*|ui)\b"
)
_CHDIR = re.compile(r"(?:-c|--chdir)[\s=]+(\S+)")


@dataclass(frozen=True)
class Reading:
    """A folder in which a container wants all files of the part that holds ``file``."""

    folder: str
    file: str
    why: str


def runs_feast(container: Container) -> bool:
    """Whether it runs a command of Feast that reads the repository."""
    return _FEAST.search(container.words) is not None


def readings(container: Container) -> Iterator[Reading]:
    """What a container reads; nothing is said of a folder that only its image knows."""
    folder = container.variables.get(FOLDER)
    if folder:
        yield Reading(posixpath.normpath(folder), CONTRACT, f"{FOLDER} names")
    match = _FEAST.search(container.words)
    if match:
        chosen = _CHDIR.search(match[1])
        working = text(container.data, "workingDir")
        if chosen:
            yield Reading(posixpath.normpath(posixpath.join(working or "/", chosen[1])), FEAST, "Feast is told to read")
        elif working:
            yield Reading(posixpath.normpath(working), FEAST, "Feast runs in")


def wanted(contract: Parts, reader: Reader, file: str) -> Part | None:
    """The part with this file that a reader can mount: one it mounts, else one of its namespace."""
    near = [
        part
        for part in contract.with_file(file)
        if (part.cluster, part.resource.namespace)
        == (reader.entry.application.destination.cluster, reader.resource.namespace)
    ]
    return next((part for part in near if part in reader.parts), near[0] if near else None)
