"""A file of the contract is mounted by itself (`subPath`), and its reader is not Feast.

Such a file never follows its ConfigMap: the reader goes on with what its Pod was started with, and what it started with
may be of two contracts, as each file is mounted for itself. A whole mount is exchanged as one. Feast alone needs it
otherwise: it follows the links of a whole mount to a folder that begins with two dots, makes the name of a module of
that, and fails.

Bad:

    # a model server
    volumeMounts:
      - {name: contract, mountPath: /features/featuresets.json, subPath: featuresets.json}

Good:

    volumeMounts:
      - {name: contract, mountPath: /features}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.contract.parts import parts
from presync.contract.reading import runs_feast
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "CON015"
NAME = "contract-mounted-alone"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """One finding for all containers of an Application that mount the same files."""
    for reader in parts(platform).readers:
        for container in reader.containers:
            alone = [mount for mount in container.mounts if mount.sub_path]
            if alone and not runs_feast(container):
                files = ", ".join(sorted({mount.sub_path for mount in alone}))
                yield Match(
                    f"container {container.name} of {reader} mounts {files} of ConfigMap "
                    f"{alone[0].part.resource.name} by subPath",
                    "Mount the whole ConfigMap into a folder of its own.",
                    reader.entry,
                    reader.resource,
                    (*alone[0].path, "subPath"),
                    cause=f"{reader.entry.name} {files}",
                    key=container.name,
                )
