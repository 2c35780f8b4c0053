"""Packed charts (``.tgz``): reading them with bounds, and looking at one as a tree."""

from __future__ import annotations

import hashlib
import io
import posixpath
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, cast

from presync.tree import Tree
from presync.tree.model import normalise

MAX_BYTES = 100 * 1024 * 1024  # unpacked; Helm's own bound
MAX_FILES = 20_000


class ArchiveError(Exception):
    """Not a chart archive, or larger than the bounds."""


class _Bounded(io.RawIOBase):
    """The unpacked bytes, of which no more come out than is allowed."""

    def __init__(self, data: bytes) -> None:
        self._source = data
        self._inflate = zlib.decompressobj(31)
        self._at = 0
        self._given = 0
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._ready and not self._inflate.eof:
            chunk = self._inflate.unconsumed_tail or self._source[self._at : self._at + 65536]
            if not self._inflate.unconsumed_tail:
                self._at += len(chunk)
            if not chunk:
                raise ArchiveError("the archive ends too early")
            self._ready = self._inflate.decompress(chunk, 1 << 20)
            self._given += len(self._ready)
            if self._given > 2 * MAX_BYTES:
                raise ArchiveError(f"the archive unpacks to more than {MAX_BYTES:,} bytes")
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


class ArchiveTree(Tree):
    """The files of an unpacked chart; the chart's own folder is the root."""

    def __init__(self, label: str, files: Mapping[str, bytes], links: Mapping[str, str]) -> None:
        self.label = label
        self._files = files
        self._targets = dict(links)

    def digest(self, path: str) -> str:
        return hashlib.sha256(self.read(path)).hexdigest()

    def _entries(self) -> Iterator[str]:
        yield from self._files
        yield from self._targets

    def _links(self) -> dict[str, str]:
        return self._targets

    def _size(self, path: str) -> int:
        return len(self._files[path]) if path in self._files else 0

    def _read(self, path: str) -> bytes:
        return self._files[path]


def unpack(data: bytes, label: str = "chart") -> ArchiveTree:
    """The files of a packed chart.

    Raises:
        ArchiveError: not a gzipped tar, a path that leaves it, or too large.
    """
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    total = 0
    try:
        stream: IO[bytes] = cast(IO[bytes], io.BufferedReader(_Bounded(data)))
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                path = _inside(member.name)
                if member.isdir() or not path:
                    continue
                if member.issym() or member.islnk():
                    target = member.linkname
                    if member.islnk():
                        target = posixpath.relpath(_inside(target) or ".", posixpath.dirname(path) or ".")
                    links[path] = target
                elif member.isreg():
                    total += member.size
                    if total > MAX_BYTES:
                        raise ArchiveError(f"the archive unpacks to more than {MAX_BYTES:,} bytes")
                    extracted = tar.extractfile(member)
                    files[path] = extracted.read() if extracted else b""
                else:
                    raise ArchiveError(f"{member.name} is neither a file nor a folder")
                if len(files) + len(links) > MAX_FILES:
                    raise ArchiveError(f"the archive holds more than {MAX_FILES:,} files")
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError, ValueError) as error:
        raise ArchiveError(f"not a chart archive: {error}") from None
    if not files:
        raise ArchiveError("no files in chart archive")
    return ArchiveTree(label, files, links)


def _inside(name: str) -> str:
    """The path below the archive's first folder; empty for that folder itself.

    Raises:
        ArchiveError: it leads out of it.
    """
    clean = normalise(name)
    if name.startswith("/") or clean is None:
        raise ArchiveError("chart illegally references parent directory")
    head, _, rest = clean.partition("/")
    if not rest and head == "Chart.yaml":
        raise ArchiveError("chart yaml not in base directory")
    return rest
