"""Finding Argo CD's objects among the files of a tree."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from presync.argocd.model import GROUP, Manifest
from presync.base import goyaml
from presync.base.finding import Location, Problem
from presync.settings import Settings
from presync.tree import Tree, TreeError

KINDS = frozenset({"Application", "ApplicationSet", "AppProject"})
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_CANDIDATE = re.compile(rb"argoproj\.io/")
_KIND = re.compile(rb"\b(?:Application|ApplicationSet|AppProject)\b")
_EXTENSIONS = (".yaml", ".yml", ".json")


def discover(tree: Tree, settings: Settings) -> tuple[list[Manifest], list[Problem]]:
    """Every Application, ApplicationSet and AppProject that stands in a file.

    Templates of charts and patches of kustomizations are no objects and are passed over. With ``roots`` in the
    settings only those files and folders are looked at.
    """
    manifests: list[Manifest] = []
    problems: list[Problem] = []
    for path in _candidates(tree, settings):
        try:
            data = tree.read(path)
        except TreeError as error:
            problems.append(Problem("file-unreadable", str(error), location=Location(path)))
            continue
        if not (_CANDIDATE.search(data) and _KIND.search(data)):
            continue
        try:
            for document in goyaml.documents(goyaml.decode(data)):
                manifests += _objects(document.data, Location(path, document.line))
        except goyaml.GoYamlError as error:
            problems.append(
                Problem(
                    "yaml-invalid",
                    f"{path} looks like a manifest of Argo CD but is not valid YAML: {error.message}",
                    "Correct it, or list the file under `exclude:` in presync.yaml if it is not a manifest.",
                    location=Location(path, error.line, error.column),
                )
            )
    return manifests, problems


def _objects(data: Any, location: Location) -> Iterator[Manifest]:
    if not isinstance(data, dict) or not str(data.get("apiVersion") or "").startswith(f"{GROUP}/"):
        if isinstance(data, dict) and data.get("kind") == "List":
            for item in data.get("items") or ():
                yield from _objects(item, location)
        return
    if data.get("kind") in KINDS and isinstance(data.get("metadata"), dict):
        yield Manifest(data, location)


def _candidates(tree: Tree, settings: Settings) -> Iterator[str]:
    charts = {posixpath.dirname(path) for path in tree.paths if posixpath.basename(path) == "Chart.yaml"}
    patches = _patches(tree, settings)
    for path in tree.paths:
        if not path.endswith(_EXTENSIONS) or path in patches or _in_templates(path, charts):
            continue
        if settings.roots and not any(
            path == root or path.startswith(root.rstrip("/") + "/") for root in settings.roots
        ):
            continue
        if settings.excludes(path):
            continue
        yield path


def _in_templates(path: str, charts: set[str]) -> bool:
    """Whether the file belongs to a chart: its templates, or a chart packed below it."""
    folder = posixpath.dirname(path)
    while folder:
        parent = posixpath.dirname(folder)
        if parent in charts and posixpath.basename(folder) in ("templates", "charts", "ci", "tests"):
            return True
        folder = parent
    return "" in charts and path.startswith(("templates/", "charts/", "ci/", "tests/"))


def _patches(tree: Tree, settings: Settings) -> set[str]:
    """Files that a kustomization of the same tree names as patches: parts of objects, not objects."""
    found: set[str] = set()
    for path in tree.paths:
        if posixpath.basename(path) not in _KUSTOMIZATIONS or settings.excludes(path):
            continue
        try:
            data = goyaml.load(goyaml.decode(tree.read(path)))
        except (goyaml.GoYamlError, TreeError):
            continue  # whoever renders this kustomization reports it
        if not isinstance(data, dict):
            continue
        named: list[Any] = [
            *(data.get("patchesStrategicMerge") or ()),
            *(
                item.get("path")
                for key in ("patches", "patchesJson6902")
                for item in data.get(key) or ()
                if isinstance(item, dict)
            ),
        ]
        folder = posixpath.dirname(path)
        found.update(
            posixpath.normpath(posixpath.join(folder, name))
            for name in named
            if isinstance(name, str) and "\n" not in name
        )
    return found
