"""Which hash each reader of the contract says it was made for, which one it should say, and who sets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from presync.contract.parts import Part, Parts, Reader, parts
from presync.platform.model import Entry, Platform


@dataclass(frozen=True)
class Pin:
    """An annotation of a reader. ``current`` is empty where it is not there."""

    reader: Reader
    annotation: str
    wanted: str
    current: str
    part: Part

    @property
    def stale(self) -> bool:
        """Whether it names another contract than the one that is rendered."""
        return bool(self.current) and self.current != self.wanted

    @property
    def missing(self) -> bool:
        return not self.current

    @property
    def entry(self) -> Entry:
        return self.reader.entry


def pins(platform: Platform) -> Iterator[Pin]:
    """One for each reader and each annotation of what it reads.

    A reader of two parts with different hashes of one kind has no answer; that is a finding of its own.
    """
    contract = parts(platform)
    for reader in contract.readers:
        for name in platform.settings.contract.annotations:
            found = _wanted(contract, reader, name)
            if found is not None:
                yield Pin(reader, name, found.hashes[name], reader.annotations.get(name, ""), found)


def _wanted(contract: Parts, reader: Reader, name: str) -> Part | None:
    """The part whose hash the reader should carry: of those it mounts, else of its environment's."""
    mounted = [part for part in reader.parts if name in part.hashes]
    candidates = mounted or [
        part for part in contract.of(reader.entry.environment) if name in part.hashes and name in reader.annotations
    ]
    return candidates[0] if len({part.hashes[name] for part in candidates}) == 1 else None
