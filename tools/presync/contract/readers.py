"""Who reads the contract, as people name it."""

from __future__ import annotations

from dataclasses import dataclass

from presync.contract.parts import Parts, Reader


@dataclass(frozen=True)
class Reading:
    """The Pods of one Application that read one ConfigMap, and how."""

    application: str
    environment: str
    part: str
    how: str  # whole, or file by file
    pods: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.application} ({', '.join(self.pods)}) by {self.part}, {self.how}"


def readers(contract: Parts, environment: str | None = None) -> list[Reading]:
    """Every Application that mounts a part of it, or says by annotation that it reads it."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for reader in contract.readers:
        if environment is not None and reader.entry.environment != environment:
            continue
        for part in [part.resource.name for part in reader.parts] or [""]:
            key = (reader.entry.name, reader.entry.environment, part or "annotation", _how(reader, part))
            found.setdefault(key, []).append(str(reader))
    return [Reading(*key, tuple(dict.fromkeys(pods))) for key, pods in sorted(found.items())]


def _how(reader: Reader, part: str) -> str:
    if not part:
        return "without a mount"
    alone = any(mount.part.resource.name == part for mount in reader.alone)
    return "file by file" if alone else "mounted whole"
