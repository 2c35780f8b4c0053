"""Remote charts: the lock file says which archive a chart is, the cache folder holds it under its digest."""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presync.base import goyaml
from presync.base.finding import Location
from presync.render.failure import Unavailable
from presync.render.semver import VersionError, Versions
from presync.settings import Settings
from presync.settings.model import External
from presync.tree import Tree, TreeError

_DIGEST = re.compile(r"[0-9a-f]{64}$")
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7})(?= |$)", re.MULTILINE)
REMEDY = "Run `presync vendor` where there is a network, or `presync vendor --from DIR` with the packed chart in DIR."


@dataclass(frozen=True, slots=True, order=True)
class Locked:
    """One chart of ``charts.lock.yaml``."""

    repo_url: str
    chart: str
    version: str
    sha256: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (canonical(self.repo_url), self.chart, self.version)


class LockError(ValueError):
    """The lock file cannot be read; the line where that is known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def canonical(repo_url: str) -> str:
    """One spelling of a chart repository's address; Argo CD writes OCI registries with and without their scheme."""
    return repo_url.removeprefix("oci://").rstrip("/")


def parse_lock(text: str) -> tuple[Locked, ...]:
    """The entries of a lock file.

    Raises:
        LockError: not YAML, or an entry that lacks a field or has a malformed digest.
    """
    marker = _CONFLICT.search(text)
    if marker:
        raise LockError("a merge left the marker of a conflict", text.count("\n", 0, marker.start()) + 1)
    try:
        data = goyaml.load(text) or {}
    except goyaml.GoYamlError as error:
        raise LockError(str(error), error.line) from None
    entries = data.get("charts") if isinstance(data, Mapping) else None
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise LockError("`charts` must be a list")
    return tuple(_entry(entry) for entry in entries)


def _entry(data: Any) -> Locked:
    fields = (
        [data.get(name) for name in ("repoURL", "chart", "version", "sha256")] if isinstance(data, dict) else [None]
    )
    if not all(isinstance(field, str) for field in fields) or not _DIGEST.match(str(fields[-1])):
        raise LockError(f"each chart needs repoURL, chart, version and sha256 (text), not {data!r}")
    return Locked(*fields)


def write_lock(entries: Iterable[Locked]) -> str:
    """The text of a lock file, sorted, so that it merges well."""
    lines = ["# Charts of other repositories, by digest. Written by `presync vendor`.", "charts:"]
    for entry in sorted(set(entries)):
        lines.append(f"  - repoURL: {entry.repo_url}")
        lines += [f"    {name}: {value}" for name, value in (("chart", entry.chart), ("version", f'"{entry.version}"'))]
        lines.append(f"    sha256: {entry.sha256}")
    return "\n".join(lines) + "\n" if len(lines) > 2 else f"{lines[0]}\ncharts: []\n"


def external(settings: Settings, repo_url: str, chart: str) -> External | None:
    """The entry of ``externals:`` that says this source is not rendered on purpose."""
    for one in settings.externals:
        if fnmatch.fnmatchcase(repo_url, one.repo_url) and fnmatch.fnmatchcase(chart, one.chart):
            return one
    return None


class Cache:
    """The charts that are here."""

    def __init__(self, tree: Tree, folder: Path, lock: str, versions: Versions) -> None:
        self.folder = folder
        self.lock = lock
        self._broken = ""
        self._line = 0
        self._versions = versions
        self._entries: tuple[Locked, ...] = ()
        self._known: dict[str, bytes] = {}
        if tree.is_file(lock):
            try:
                self._entries = parse_lock(goyaml.decode(tree.read(lock)))
            except (LockError, goyaml.GoYamlError, TreeError) as error:
                self._broken = str(error)
                self._line = getattr(error, "line", 0)

    def chart(self, repo_url: str, chart: str, wanted: str) -> tuple[str, bytes, bool]:
        """The exact version, the packed chart, and whether a range was resolved by the lock file.

        Raises:
            Unavailable: not in the lock file, not in the folder, or changed on the way.
        """
        entry, ranged = self._find(repo_url, chart, wanted)
        if entry.sha256 not in self._known:
            path = self.folder / f"{entry.sha256}.tgz"
            try:
                data = path.read_bytes()
            except OSError:
                raise Unavailable(
                    "chart-cache",
                    f"chart {chart} {entry.version} of {repo_url} is not in {self.folder}",
                    REMEDY,
                    cause=f"{repo_url} {chart} {wanted}",
                ) from None
            if hashlib.sha256(data).hexdigest() != entry.sha256:
                raise Unavailable(
                    "chart-cache", f"{path} is not the chart that {self.lock} names: its digest differs", REMEDY
                )
            self._known[entry.sha256] = data
        return entry.version, self._known[entry.sha256], ranged

    def _find(self, repo_url: str, chart: str, wanted: str) -> tuple[Locked, bool]:
        if self._broken:
            place = Location(self.lock, self._line)
            raise Unavailable("chart-lock", f"{self.lock}: {self._broken}", "Repair it.", place, cause=self.lock)
        mine = {entry.version: entry for entry in self._entries if entry.key[:2] == (canonical(repo_url), chart)}
        if wanted in mine:
            return mine[wanted], False
        fitting = [version for version in mine if self._fits(wanted, version)]
        best = self._versions.greatest(fitting)
        if best:
            # 1.2 and v1.2.0 mean one version, spelt otherwise; everything else that fits more than itself is a range.
            return mine[best], not self._versions.is_version(wanted)
        have = f"; {self.lock} has {', '.join(sorted(mine))}" if mine else f"; {self.lock} does not list it"
        raise Unavailable(
            "chart-cache",
            f"chart {chart} {wanted or '(no version)'} of {repo_url} is not vendored{have}",
            REMEDY,
            cause=f"{repo_url} {chart} {wanted}",
        )

    def _fits(self, wanted: str, version: str) -> bool:
        try:
            if self._versions.is_version(wanted):
                return self._versions.satisfies(f"={wanted}", version)
            return self._versions.satisfies(wanted or "*", version)
        except VersionError:
            return False
