"""``presync vendor``: fill the local cache of remote charts and pin each by its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

from presync.base import goyaml
from presync.base.errors import PresyncError
from presync.commands import CLEAN, FINDINGS
from presync.commands.common import opened
from presync.engine import Engine
from presync.platform.model import Platform
from presync.render.archive import ArchiveError, unpack
from presync.render.download import Downloader, DownloadError
from presync.render.semver import VersionError, Versions
from presync.render.vendor import Locked, LockError, canonical, parse_lock, write_lock
from presync.render.wanted import Wanted, wanted
from presync.report.files import write_file
from presync.tree import TreeError

MAX_ROUNDS = 4  # a chart may hold Applications that ask for further charts

Fetch = Callable[[Wanted], tuple[str, bytes]]


@click.command("vendor")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Take packed charts (.tgz) from this folder instead of the network.",
)
@click.option("--update", is_flag=True, help="Accept another digest for a version that is already locked.")
@click.option("--prune", is_flag=True, help="Remove charts from the lock file that nothing asks for.")
@click.pass_context
def command(context: click.Context, source: Path | None, update: bool, prune: bool) -> int:
    """Fetch every remote chart the Applications and charts of this repository name.

    The lock file (charts.lock.yaml, to be committed) says which archive each chart is; the cache folder holds the
    archives. Nothing but this verb uses the network.
    """
    asked: dict[tuple[str, str, str], Wanted] = {}
    failed: dict[tuple[str, str, str], str] = {}
    for _ in range(MAX_ROUNDS):
        with opened(context.obj) as platform, Engine(1) as engine:
            vendor = _Vendor(platform, engine, source, update)
            new = [one for one in vendor.wanted() if (one.repo_url, one.chart, one.version) not in asked]
            for one in new:
                asked[one.repo_url, one.chart, one.version] = one
                try:
                    click.echo(vendor.take(one))
                except (DownloadError, VersionError) as error:
                    failed[one.repo_url, one.chart, one.version] = f"{one.by}: {error}"
            vendor.write(prune and not failed)
        if not new or failed:
            break
    for message in failed.values():
        click.echo(message, err=True)
    click.echo(f"{len(asked) - len(failed)} of {len(asked)} charts are in the cache", err=True)
    return FINDINGS if failed else CLEAN


class _Vendor:
    def __init__(self, platform: Platform, engine: Engine, source: Path | None, update: bool) -> None:
        self.platform = platform
        self.engine = engine
        self.versions = Versions(engine)
        self.update = update
        settings = platform.settings
        self.root = platform.repository.root
        self.folder = self.root / settings.vendor
        self.lock_file = settings.vendor_lock
        self.locked: dict[tuple[str, str, str], Locked] = {entry.key: entry for entry in self._read()}
        self.used: set[tuple[str, str, str]] = set()
        downloader = Downloader(engine, self.versions)
        self.fetch: Fetch = (
            _folder(source, self.versions)
            if source
            else lambda one: downloader.fetch(one.repo_url, one.chart, one.version, one.oci)
        )

    def wanted(self) -> Iterable[Wanted]:
        """Every chart that is asked for."""
        applications = [entry.application for entry in self.platform.entries]
        return wanted(applications, self.platform.tree, self.platform.settings)

    def take(self, one: Wanted) -> str:
        """Put one chart into the cache, and say so.

        Raises:
            DownloadError: it cannot be had, or is not the one that is locked.
        """
        known = self.locked.get((canonical(one.repo_url), one.chart, one.version))
        if known and not self.update and self._has(known):
            self.used.add(known.key)
            return f"{one.chart} {one.version}: in the cache"
        version, data = self.fetch(one)
        digest = hashlib.sha256(data).hexdigest()
        try:
            unpack(data)
        except ArchiveError as error:
            raise DownloadError(f"{one.chart} {version}: {error}") from None
        entry = Locked(one.repo_url, one.chart, version, digest)
        before = self.locked.get(entry.key)
        if before and before.sha256 != digest and not self.update:
            raise DownloadError(
                f"{one.chart} {version} of {one.repo_url} is not the chart that was locked: "
                f"sha256 {digest} instead of {before.sha256}; --update accepts it"
            )
        self.locked[entry.key] = entry
        self.used.add(entry.key)
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{digest}.part"
        temporary.write_bytes(data)
        temporary.replace(self.folder / f"{digest}.tgz")
        return f"{one.chart} {version}: sha256 {digest[:12]}"

    def write(self, prune: bool) -> None:
        """The lock file, when there is or was anything to lock."""
        entries = [entry for key, entry in self.locked.items() if not prune or key in self.used]
        if entries or self.platform.tree.is_file(self.lock_file):
            write_file(self.root / self.lock_file, write_lock(entries))

    def _has(self, entry: Locked) -> bool:
        path = self.folder / f"{entry.sha256}.tgz"
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256

    def _read(self) -> tuple[Locked, ...]:
        path = self.root / self.lock_file
        if not path.is_file():
            return ()
        try:
            return parse_lock(goyaml.decode(path.read_bytes()))
        except (LockError, goyaml.GoYamlError, TreeError) as error:
            raise PresyncError(f"{self.lock_file}: {error}", "Repair it, or remove it and vendor again.") from None


def _folder(folder: Path, versions: Versions) -> Fetch:
    """Packed charts in a folder, by what their own Chart.yaml says."""
    found: dict[str, dict[str, bytes]] = {}
    for path in sorted(folder.glob("*.tgz")):
        data = path.read_bytes()
        metadata = _metadata(path, data)
        found.setdefault(str(metadata.get("name")), {})[str(metadata.get("version"))] = data

    def fetch(one: Wanted) -> tuple[str, bytes]:
        charts = found.get(one.chart, {})
        constraint = f"={one.version}" if versions.is_version(one.version) else one.version or "*"
        fitting = [version for version in charts if versions.is_version(version)]
        best = versions.greatest(version for version in fitting if versions.satisfies(constraint, version))
        if not best:
            raise DownloadError(f"{folder} holds no {one.chart} {one.version}")
        return best, charts[best]

    return fetch


def _metadata(path: Path, data: bytes) -> Mapping[str, object]:
    try:
        text = goyaml.decode(unpack(data).read("Chart.yaml"))
        loaded = goyaml.load(text)
    except (ArchiveError, TreeError, goyaml.GoYamlError) as error:
        raise PresyncError(f"{path} is not a packed chart: {error}", "Pack it with `helm package`.") from None
    return loaded if isinstance(loaded, dict) else {}
