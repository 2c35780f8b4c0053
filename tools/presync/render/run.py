"""What the renders of one run share: parsed value files, loaded charts, the cache of remote charts."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from presync.argocd.context import Context
from presync.argocd.versions import helm_of
from presync.engine import EngineError
from presync.render import archive, chart, dependencies, documents, helm3
from presync.render.chart import ChartFiles
from presync.render.failure import Refused, Unavailable
from presync.render.layers import merge
from presync.render.semver import Versions
from presync.render.vendor import Cache
from presync.tree import Tree, notes

_T = TypeVar("_T")


class _Once:
    """Computes a thing once, however many threads want it; a failure is remembered too.

    Whoever gets it depends on what it was computed from, so that is noted for each.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[Any, threading.Lock] = {}
        self._done: dict[Any, tuple[Any, Exception | None, set[notes.Note]]] = {}

    def get(self, key: Any, compute: Callable[[], _T]) -> _T:
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._done:
                computed: tuple[Any, Exception | None]
                with notes.noting() as asked:
                    try:
                        computed = (compute(), None)
                    except (Refused, Unavailable) as error:
                        computed = (None, error)
                self._done[key] = (*computed, asked)
            value, failure, asked = self._done[key]
        notes.repeat(asked)
        if failure is not None:
            raise failure.with_traceback(None)
        result: _T = value
        return result


@dataclass
class Run:
    """One run of the renderer; safe to use from several threads."""

    context: Context
    api_versions: Sequence[str] = ()
    versions: Versions = field(init=False)
    vendored: Cache = field(init=False)
    _once: _Once = field(init=False, default_factory=_Once)

    def __post_init__(self) -> None:
        settings, repositories = self.context.settings, self.context.repositories
        self.versions = Versions(self.context.engine)
        self.vendored = Cache(
            repositories.head, repositories.repository.root / settings.vendor, settings.vendor_lock, self.versions
        )

    @property
    def kubernetes(self) -> str:
        """The version of the clusters, as Argo CD hands it to Helm."""
        version = self.context.settings.kubernetes[0]
        return version if version.count(".") >= 2 else f"{version}.0"

    def chart(self, tree: Tree, folder: str) -> ChartFiles:
        """The chart in a folder, as it lies there."""
        return self._once.get(("chart", id(tree), folder), lambda: chart.load(tree, folder))

    def complete_chart(self, tree: Tree, folder: str, schemas: bool) -> ChartFiles:
        """The chart with its dependencies, with or without ``values.schema.json``."""

        def compute() -> ChartFiles:
            if not schemas:
                return self.complete_chart(tree, folder, True).without_schemas()
            return dependencies.complete(self.chart(tree, folder), tree, self.versions, self._fetch)

        return self._once.get(("complete", id(tree), folder, schemas), compute)

    def packed(self, files: ChartFiles, extra: Mapping[str, bytes]) -> bytes:
        """The chart's archive, with some more files."""
        return self._once.get(("packed", id(files), *extra.items()), lambda: files.packed(extra))

    def remote_chart(self, repo_url: str, name: str, wanted: str) -> tuple[str, Tree, bool]:
        """The exact version and the files of a chart in a chart repository, and whether a range was asked for.

        Raises:
            Unavailable: not in the cache, or not an archive.
        """
        version, data, ranged = self.vendored.chart(repo_url, name, wanted)
        label = f"{name} {version}"

        def compute() -> Tree:
            try:
                return archive.unpack(data, label)
            except archive.ArchiveError as error:
                raise Unavailable("chart-cache", f"the cached chart {label} cannot be read: {error}") from None

        return version, self._once.get(("remote", hashlib.sha256(data).digest()), compute), ranged

    def _fetch(self, repository: str, name: str, wanted: str) -> tuple[str, bytes]:
        version, data, _ = self.vendored.chart(repository, name, wanted)
        return version, data

    def yaml_error(self, data: bytes, otherwise: str) -> str:
        """What Go's YAML library says of a text that cannot be read: its words and its line numbers."""
        try:
            self.context.engine.values(data)
        except EngineError as error:
            if not error.bound:
                return error.message
        return otherwise

    @property
    def helm3(self) -> bool:
        """Whether this Argo CD runs Helm 3."""
        return helm_of(self.context.settings.argocd, self.context.settings.helm).startswith("3.")

    def values(self, data: bytes) -> Mapping[str, Any]:
        """A value file as Helm reads it, every document of it merged, by Helm 3 only the first; not to be changed.

        Raises:
            Refused: not YAML, or not a mapping.
        """
        return self._once.get(("values", hashlib.sha256(data).digest()), lambda: self._values(data))

    def _values(self, data: bytes) -> Mapping[str, Any]:
        try:
            text = data.decode("utf-8-sig")
            text = helm3.first_document(text) if self.helm3 else text
            parts = [part.encode() for _, part in documents.split(text)]
            found: Mapping[str, Any] = {}
            for part in self.context.engine.values(*parts) if parts else ():
                found = merge(found, part)
        except UnicodeDecodeError:
            raise Refused(
                "cannot unmarshal yaml document: error converting YAML to JSON: yaml: invalid leading UTF-8 octet"
            ) from None
        except documents.DocumentError as error:
            raise Refused(f"error reading yaml document: {error.message}") from None
        except EngineError as error:
            message = error.message.replace("common.Values", "map[string]interface {}")  # another type in the CLI
            raise bounded(error) or Refused(f"cannot unmarshal yaml document: {message}") from None
        return found


def bounded(error: EngineError) -> Unavailable | None:
    """The reason presync could not tell, where the engine reached a bound."""
    if not error.bound:
        return None
    return Unavailable("render-bound", f"the render was stopped: {error.message}")
