"""Dependencies of a chart: whether they are there, and what ``helm dependency build`` would put there.

Argo CD renders first; only when Helm misses a dependency by name does it run the build. The build is not recursive: a
dependency from a folder comes with what lies in its own ``charts/``, nothing is fetched for it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from presync.render.archive import ArchiveError, unpack
from presync.render.chart import ChartFiles, load
from presync.render.failure import Refused, Unavailable
from presync.render.files import join
from presync.render.helmignore import Rules
from presync.render.semver import VersionError, Versions
from presync.tree import Tree

Dependency = Mapping[str, Any]
Fetch = Callable[[str, str, str], tuple[str, bytes]]  # repository, name, version or range -> exact version, archive

_MISSING = "found in Chart.yaml, but missing in charts/ directory: "
_KEYS = ("name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias")


def complete(chart: ChartFiles, tree: Tree, versions: Versions, fetch: Fetch) -> ChartFiles:
    """The chart with every declared dependency in ``charts/``.

    Raises:
        Refused: the build would fail, or leave one out.
        Unavailable: one comes from a chart repository and is not in the local cache.
    """
    if not chart.dependencies or not _missing(chart):
        return chart
    built = _Build(chart, tree, versions, fetch).run()
    missing = _missing(built)
    if missing:
        raise Refused(
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' "
            f"to fetch missing dependencies: {_MISSING}{', '.join(missing)}"
        )
    return built


def _missing(chart: ChartFiles) -> list[str]:
    present = {subchart.name for subchart in chart.subcharts.values()}
    return [str(one.get("name")) for one in chart.dependencies if one.get("name") not in present]


class _Build:
    def __init__(self, chart: ChartFiles, tree: Tree, versions: Versions, fetch: Fetch) -> None:
        self.chart = chart
        self.tree = tree
        self.versions = versions
        self.fetch = fetch

    def run(self) -> ChartFiles:
        declared = self.chart.dependencies
        self._known_repositories(declared)
        lock = self.chart.lock
        if lock is None:
            wanted = [self._resolved(one) for one in declared]
            missing = [_described(one) for one, found in zip(declared, wanted, strict=True) if found is None]
            if missing:
                raise Refused(
                    f"can't get a valid version for {len(missing)} subchart(s): "
                    f"{', '.join(missing)}. "
                    "Make sure a matching chart version exists in the repo, or change the version constraint "
                    "in Chart.yaml"
                )
            wanted_now: list[Dependency] = [one for one in wanted if one is not None]
        else:
            self._in_step(declared, lock)
            locked = lock.get("dependencies")
            wanted_now = [one for one in locked or [] if isinstance(one, dict)]
        return self._placed(wanted_now)

    def _known_repositories(self, declared: Sequence[Dependency]) -> None:
        for one in declared:
            repository = _repository(one)
            if repository.startswith("file://"):
                self._folder(repository)
            elif repository and "//" not in repository and not repository.startswith(("@", "alias:")):
                raise Refused(f"no repository definition for {repository}. Please add them via 'helm repo add'")

    def _resolved(self, one: Dependency) -> Dependency | None:
        """The dependency with an exact version; None where no version fits."""
        name, repository, constraint = str(one.get("name")), _repository(one), str(one.get("version") or "")
        if not repository:
            if not any(path.startswith(f"charts/{name}/") for path in self.chart.files):
                raise Refused(f"directory charts/{name} not found")
            return one
        if not repository.startswith("file://"):
            return one
        chart = load(self.tree, self._folder(repository))
        version = str(chart.metadata.get("version") or "")
        return {**one, "version": version} if self._fits(name, constraint, version) else None

    def _in_step(self, declared: Sequence[Dependency], lock: Mapping[str, Any]) -> None:
        locked = lock.get("dependencies")
        digest = lock.get("digest")
        if digest == lock_digest(declared, locked if isinstance(locked, list) else None):
            return
        if self.chart.metadata.get("apiVersion", "v1") == "v1":
            if digest != _old_digest(declared):
                raise Refused(
                    "the lock file (requirements.lock) is out of sync with the dependencies file (requirements.yaml). "
                    "Please update the dependencies"
                )
            return
        raise Refused(
            "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
            "Please update the dependencies with 'helm dependency update'"
        )

    def _placed(self, wanted: Sequence[Dependency]) -> ChartFiles:
        files = dict(self.chart.files)
        origins = dict(self.chart.origins)
        built: dict[str, ChartFiles] = {}
        local = set()
        for one in wanted:
            name, repository, constraint = str(one.get("name")), _repository(one), str(one.get("version") or "")
            if not repository:
                local.add(name)
                self._check_local(name, constraint)
                continue
            subchart = (
                self._from_folder(name, repository, constraint)
                if repository.startswith("file://")
                else self._from_cache(name, repository, constraint)
            )
            built[f"{subchart.name}-{subchart.metadata.get('version')}"] = subchart
        for entry, old in self.chart.subcharts.items():
            if entry.endswith(".tgz") and old.name not in local:
                files.pop(f"charts/{entry}", None)  # Helm clears packed charts that the build did not bring
        for entry, subchart in built.items():
            if self.chart.rules.ignores(f"charts/{entry}.tgz"):
                continue
            files.update({f"charts/{entry}/{path}": data for path, data in subchart.files.items()})
            origins.update({f"charts/{entry}/{path}": origin for path, origin in subchart.origins.items()})
        return self.chart.with_files(files, origins)

    def _check_local(self, name: str, constraint: str) -> None:
        found = next((one for entry, one in self.chart.subcharts.items() if entry == name), None)
        if found is None:
            raise Refused(f"unable to load chart 'charts/{name}': Chart.yaml file is missing")
        version = str(found.metadata.get("version") or "")
        if not self._fits(name, constraint, version):
            raise Refused(f"dependency {name} at version {version} does not satisfy the constraint {constraint}")

    def _from_folder(self, name: str, repository: str, constraint: str) -> ChartFiles:
        chart = load(self.tree, self._folder(repository))
        if not self._fits(name, constraint, str(chart.metadata.get("version") or "")):
            raise Refused(f"can't get a valid version for dependency {name}")
        return chart

    def _from_cache(self, name: str, repository: str, constraint: str) -> ChartFiles:
        version, data = self.fetch(repository, name, constraint)
        try:
            tree = unpack(data, f"{name} {version}")
        except ArchiveError as error:
            raise Unavailable("chart-cache", f"the cached chart {name} {version} cannot be read: {error}") from None
        origin = f"{repository.rstrip('/')}/{name}:{version}"
        files = {path: tree.read(path) for path in tree.paths if tree.is_file(path)}
        return ChartFiles(origin, files, dict.fromkeys(files, origin), Rules())

    def _folder(self, repository: str) -> str:
        path = repository.removeprefix("file://")
        folder = None if path.startswith("/") else join(self.chart.folder, path)
        if folder is None or not self.tree.is_folder(folder):
            raise Refused(f"directory {posixpath.normpath(path)} not found")
        return folder

    def _fits(self, name: str, constraint: str, version: str) -> bool:
        try:
            return self.versions.satisfies(constraint, version)
        except VersionError:
            if not self.versions.is_version(version):
                return False
            shown = name if self.chart.lock else f'"{name}"'
            raise Refused(
                f'dependency {shown} has an invalid version/constraint format: improper constraint: "{constraint}"'
            ) from None


def _repository(one: Dependency) -> str:
    return str(one.get("repository") or "")


def _described(one: Dependency) -> str:
    return f'"{one.get("name")}" (repository "{_repository(one)}", version "{one.get("version") or ""}")'


def lock_digest(declared: Sequence[Dependency], locked: Sequence[Dependency] | None) -> str:
    """The digest in ``Chart.lock``: of what Chart.yaml asks for and what the lock file holds, as Go writes both."""
    return _digest([[_struct(one) for one in declared], None if locked is None else [_struct(one) for one in locked]])


def _old_digest(declared: Sequence[Dependency]) -> str:
    return _digest({"dependencies": [_struct(one) for one in declared]})


def _digest(data: Any) -> str:
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    for char, escape in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(char, escape)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _struct(one: Dependency) -> dict[str, Any]:
    """A dependency with its fields in the order of Go's struct, empty ones left out."""
    out: dict[str, Any] = {}
    for key in _KEYS:
        value = one.get(key)
        if key in ("name", "repository"):
            out[key] = str(value or "")
        elif value:
            out[key] = [_sorted(item) for item in value] if isinstance(value, list) else value
    return out


def _sorted(item: Any) -> Any:
    return dict(sorted(item.items())) if isinstance(item, dict) else item
