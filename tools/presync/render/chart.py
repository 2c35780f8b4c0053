"""A chart loaded from a folder of a tree, as Helm's directory loader does."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from presync.base import goyaml
from presync.base.finding import Location, Problem
from presync.engine import Chart
from presync.render import archive
from presync.render.failure import Refused
from presync.render.files import walk
from presync.render.helmignore import FILE, Rules
from presync.tree import TooLarge, Tree, TreeError

MAX_FILE_BYTES = 5 * 1024 * 1024  # Helm's bound for one file of a chart
_SCHEMA = "values.schema.json"


@dataclass(frozen=True)
class ChartFiles:
    """Files of a chart, by their path in it, and where each came from (a path of the tree)."""

    folder: str
    files: Mapping[str, bytes] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False)
    rules: Rules = field(repr=False, compare=False)

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        """``Chart.yaml``, with the dependencies of ``requirements.yaml`` in a chart of the first API version."""
        data = self._yaml("Chart.yaml")
        if "requirements.yaml" in self.files:
            data = {**data, **self._yaml("requirements.yaml")}
        return data

    @property
    def name(self) -> str:
        return str(self.metadata.get("name") or "")

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """``values.yaml``: the defaults; empty where it cannot be read, which the render says."""
        try:
            return self._yaml("values.yaml") if "values.yaml" in self.files else {}
        except Refused:
            return {}

    @property
    def dependencies(self) -> list[Mapping[str, Any]]:
        """What ``Chart.yaml`` declares."""
        declared = self.metadata.get("dependencies")
        return [one for one in declared if isinstance(one, dict)] if isinstance(declared, list) else []

    @cached_property
    def subcharts(self) -> Mapping[str, ChartFiles]:
        """What is in ``charts/``, by file or folder name; what Helm passes over is not there."""
        grouped: dict[str, dict[str, str]] = {}
        for path in self.files:
            if path.startswith("charts/") and not path.endswith(".prov"):
                entry, _, rest = path[7:].partition("/")
                if entry[:1] not in ("_", "."):
                    grouped.setdefault(entry, {})[rest] = path
        found = {}
        for entry, paths in grouped.items():
            if entry.endswith(".tgz"):
                found[entry] = self._packed(f"charts/{entry}")
            elif set(paths) != {""}:
                found[entry] = ChartFiles(
                    f"{self.folder}/charts/{entry}".lstrip("/"),
                    {rest: self.files[path] for rest, path in paths.items() if rest},
                    {rest: self.origins[path] for rest, path in paths.items() if rest},
                    Rules(),
                )
        return found

    @property
    def lock(self) -> Mapping[str, Any] | None:
        """``Chart.lock``; None where there is none."""
        name = "Chart.lock" if "Chart.lock" in self.files else "requirements.lock"
        return self._yaml(name) if name in self.files else None

    def with_files(self, files: Mapping[str, bytes], origins: Mapping[str, str]) -> ChartFiles:
        """The same chart with other files."""
        return ChartFiles(self.folder, files, origins, self.rules)

    def without_schemas(self) -> ChartFiles:
        """The chart and its subcharts without ``values.schema.json``: what --skip-schema-validation amounts to."""
        files: dict[str, bytes] = {}
        origins: dict[str, str] = {}
        for path, data in self.files.items():
            if path.startswith("charts/") and path.endswith(".tgz") and path.count("/") == 1:
                inner = self.subcharts[path[7:]].without_schemas()
                for rest, content in inner.files.items():
                    files[f"{path[:-4]}/{rest}"] = content
                    origins[f"{path[:-4]}/{rest}"] = self.origins[path]
            elif not _is_schema(path):
                files[path] = data
                origins[path] = self.origins[path]
        return self.with_files(files, origins)

    def packed(self, extra: Mapping[str, bytes]) -> bytes:
        """The archive the engine loads."""
        folder = self.name.replace("/", "-") or "chart"  # Helm refuses such a name, once it has found Chart.yaml
        return Chart(folder, {**self.files, **extra}).archive()

    def deepest(self) -> int:
        """How many folders deep the deepest template is, subcharts included."""
        own = max((path.count("/") for path in self.files), default=0)
        return max([own, *(2 + chart.deepest() for chart in self.subcharts.values())])

    def names(self) -> Iterator[tuple[str, ...]]:
        """The paths of value keys under which subcharts find their values, by alias or name, at any depth."""
        for chart in self.subcharts.values():
            aliases = [
                str(one.get("alias") or chart.name) for one in self.dependencies if one.get("name") == chart.name
            ]
            for alias in dict.fromkeys(aliases or [chart.name]):
                yield (alias,)
                for rest in chart.names():
                    yield (alias, *rest)

    def origin(self, source: str) -> str:
        """The file of the tree for the path of a template in Helm's output; the path itself where it is not known."""
        head, _, rest = source.partition("/")
        return self._origin(rest) or source if head else source

    def _origin(self, path: str) -> str:
        if path in self.origins:
            return self.origins[path]
        if not path.startswith("charts/"):
            return ""
        label, _, rest = path[7:].partition("/")
        wanted = {str(one.get("name")) for one in self.dependencies if one.get("alias") == label} or {label}
        for chart in self.subcharts.values():
            if chart.name in wanted:
                found = chart._origin(rest)
                if found:
                    return found
        return ""

    def _packed(self, path: str) -> ChartFiles:
        try:
            tree = archive.unpack(self.files[path], path)
        except archive.ArchiveError as error:
            raise Refused(f"error unpacking subchart {path[7:]} in {self.name}: {error}") from None
        origin = self.origins[path]
        files = {name: tree.read(name) for name in tree.paths if tree.is_file(name)}
        return ChartFiles(origin, files, dict.fromkeys(files, origin), Rules())

    def _yaml(self, name: str) -> dict[str, Any]:
        try:
            data = goyaml.load(goyaml.decode(self.files.get(name, b"")))
        except goyaml.GoYamlError as error:
            raise Refused(f"cannot load {name}: error converting YAML to JSON: yaml: {error}") from None
        return data if isinstance(data, dict) else {}


def _is_schema(path: str) -> bool:
    """``values.schema.json`` of the chart or of a subchart in a folder."""
    folder, _, name = path.rpartition("/")
    if name != _SCHEMA:
        return False
    parts = folder.split("/") if folder else []
    return len(parts) % 2 == 0 and all(part == "charts" for part in parts[::2])


def load(tree: Tree, folder: str) -> ChartFiles:
    """The chart in ``folder``.

    Raises:
        Refused: Helm cannot load it.
    """
    paths = dict(walk(tree, folder))
    rules = Rules(_text(tree, paths[FILE]) if FILE in paths else "")
    files: dict[str, bytes] = {}
    origins: dict[str, str] = {}
    for path in sorted(paths):
        if rules.ignores(path):
            continue
        try:
            data = tree.read(paths[path])
        except TooLarge:
            raise _too_large(paths[path]) from None
        except TreeError as error:
            raise Refused(f"error reading {path}: {error.message}") from None
        if len(data) > MAX_FILE_BYTES:
            raise _too_large(paths[path])
        files[path] = data.removeprefix(b"\xef\xbb\xbf")
        origins[path] = paths[path]
    if "Chart.yaml" not in files:
        raise Refused("Chart.yaml file is missing")
    return ChartFiles(folder, files, origins, rules)


def _too_large(path: str) -> Refused:
    message = f'chart file "{posixpath.basename(path)}" is larger than the maximum file size {MAX_FILE_BYTES}'
    remedy = "Keep it out of the chart, or list it in .helmignore."
    return Refused(message, (Problem("render-failed", message, remedy, location=Location(path), cause=path),))


def _text(tree: Tree, path: str) -> str:
    try:
        return tree.read(path).decode("utf-8", "replace")
    except TreeError:
        return ""
