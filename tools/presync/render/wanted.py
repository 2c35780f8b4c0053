"""Which remote charts a repository asks for: by its Applications, and by the dependencies of its own charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.argocd.model import Application, Source
from presync.base import goyaml
from presync.render.vendor import external
from presync.settings import Settings
from presync.tree import Tree, TreeError


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """A chart somebody asks for; ``version`` may be a range."""

    repo_url: str
    chart: str
    version: str
    oci: bool
    by: str = ""


def wanted(applications: Iterable[Application], tree: Tree, settings: Settings) -> list[Wanted]:
    """Every chart once, sorted; those that are not rendered on purpose are left out."""
    found: dict[tuple[str, str, str], Wanted] = {}
    for one in (*_of_applications(applications, settings), *_of_charts(tree)):
        found.setdefault((one.repo_url, one.chart, one.version), one)
    return sorted(found.values())


def _of_applications(applications: Iterable[Application], settings: Settings) -> Iterator[Wanted]:
    for application in applications:
        for source in application.sources:
            one = _of_source(source, application.name)
            if one and not external(settings, source.repo_url, source.chart):
                yield one


def _of_source(source: Source, name: str) -> Wanted | None:
    if source.repo_url.startswith("oci://"):
        address = f"{source.repo_url.rstrip('/')}/{source.chart}".rstrip("/")
        base, _, chart = address.rpartition("/")
        return Wanted(base, chart, source.target_revision, True, f"Application {name}")
    if not source.chart:
        return None
    oci = "://" not in source.repo_url  # Argo CD's way of writing a registry
    return Wanted(source.repo_url, source.chart, source.target_revision, oci, f"Application {name}")


def _of_charts(tree: Tree) -> Iterator[Wanted]:
    for path in tree.paths:
        if path != "Chart.yaml" and not path.endswith("/Chart.yaml"):
            continue
        locked = _dependencies(tree, path.removesuffix("Chart.yaml") + "Chart.lock")
        for one in locked or _dependencies(tree, path):
            repository = str(one.get("repository") or "")
            if repository.startswith(("https://", "oci://")):
                oci = repository.startswith("oci://")
                yield Wanted(repository, str(one.get("name")), str(one.get("version") or ""), oci, path)


def _dependencies(tree: Tree, path: str) -> list[Mapping[str, Any]]:
    if not tree.is_file(path):
        return []
    try:
        data = goyaml.load(goyaml.decode(tree.read(path)))
    except (goyaml.GoYamlError, TreeError):
        return []  # the render says what is wrong with it
    declared = data.get("dependencies") if isinstance(data, Mapping) else None
    return [one for one in declared if isinstance(one, Mapping)] if isinstance(declared, list) else []
