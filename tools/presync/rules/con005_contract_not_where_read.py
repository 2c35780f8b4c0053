"""A program reads the contract in a folder where not all of its files are.

Known is where the programs of readers look: the DAGs in the folder that `MLOPS_FEATURE_STORE_DIR` names, `feast` in its
working directory or the one after `-c`. There every key of the ConfigMap must stand as a file of that name, in every
container that reads it.

Bad:

    env:
      - {name: MLOPS_FEATURE_STORE_DIR, value: /opt/airflow/feature-store}
    volumeMounts:
      - {name: contract, mountPath: /opt/airflow/features}

Good:

    env:
      - {name: MLOPS_FEATURE_STORE_DIR, value: /opt/airflow/feature-store}
    volumeMounts:
      - {name: contract, mountPath: /opt/airflow/feature-store}
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.parts import Container, Part, Parts, Reader, parts
from presync.contract.reading import Reading, readings, wanted
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON005"
NAME = "contract-not-where-read"
SEVERITY = Severity.ERROR
_SHOWN = 4


def check(platform: Platform) -> Iterator[Match]:
    """Every container of every reader."""
    contract = parts(platform)
    for reader in contract.readers:
        for container in reader.containers:
            for reading in readings(container):
                yield from _reading(contract, reader, container, reading)


def _reading(contract: Parts, reader: Reader, container: Container, reading: Reading) -> Iterator[Match]:
    part = wanted(contract, reader, reading.file)
    place = f"container {container.name} of {reader}: {reading.why} {reading.folder}"
    if part is None:
        if not contract.parts:
            return
        yield Match(
            f"{place}, and no ConfigMap of the contract in namespace {reader.resource.namespace} has {reading.file}",
            "Render the contract into this namespace, or take the setting out.",
            reader.entry,
            reader.resource,
            container.path,
            key=f"{container.name} {reading.folder}",
        )
        return
    there = {path for path, (mount, key) in container.files.items() if mount.part is part and path.endswith(f"/{key}")}
    missing = [name for name in sorted(part.files) if posixpath.join(reading.folder, name) not in there]
    mounts = [mount for mount in container.mounts if mount.part is part]
    if missing:
        shown = ", ".join(missing[:_SHOWN]) + (f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else "")
        yield Match(
            f"{place}, and {shown} of ConfigMap {part.resource.name} {'is' if len(missing) == 1 else 'are'} not there"
            + _elsewhere(container, part),
            f"Mount all of {part.resource.name} at {reading.folder}.",
            reader.entry,
            reader.resource,
            (*mounts[0].path, "mountPath") if mounts else (*container.path, "volumeMounts"),
            cause=f"{reader.entry.name} {part.resource.name} {reading.folder} {shown}",
            key=f"{container.name} {reading.folder}",
        )


def _elsewhere(container: Container, part: Part) -> str:
    places = sorted({mount.where for mount in container.mounts if mount.part is part and not mount.sub_path})
    return f"; it is mounted at {', '.join(places)}" if places else ""
