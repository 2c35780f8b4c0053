"""One source of an Application: the tree and the folder it means, and the kind of thing that lies there."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from presync.argocd.model import Application, Source
from presync.base import goyaml
from presync.base.finding import Location, Problem
from presync.render.documents import json_name
from presync.render.failure import Refused
from presync.render.files import join, walk_key
from presync.render.valuefiles import Place
from presync.tree import Tree, TreeError

_OVERRIDES = ".argocd-source.yaml"
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_TYPES = {"kustomize": "Kustomize", "helm": "Helm", "directory": "Directory", "plugin": "Plugin"}


@dataclass(frozen=True)
class Prepared:
    """A source that is there: its settings with the overrides of the repository, and where it lies."""

    application: Application
    source: Source
    tree: Tree
    folder: str
    environment: Mapping[str, str] = field(repr=False)
    references: Mapping[str, Tree] = field(repr=False)
    kind: str = "Directory"
    overrides: tuple[str, ...] = ()
    chart_label: str = ""  # of a remote chart
    index: int = 0  # among the sources of the Application

    @property
    def place(self) -> Place:
        """Where paths in the source start."""
        return Place(self.tree, self.folder, self.references, self.environment)

    @property
    def location(self) -> Location:
        """What somebody edits to change the source: the file a generator read, else the manifest."""
        return self.application.origin.place

    def file(self, path: str) -> Location:
        """A file of the source as a person finds it."""
        return Location(f"{self.chart_label}/{path}" if self.chart_label else path)


def instance_name(application: Application, control_plane: str) -> str:
    """What Argo CD calls the Application inside: with its namespace where that is not Argo CD's own."""
    if application.namespace in ("", control_plane):
        return application.name
    return f"{application.namespace}_{application.name}"


def check_links(tree: Tree, what: str = "repository") -> None:
    """Argo CD refuses to render anything from a tree with a link that leads out of it.

    Raises:
        Refused: there is one.
    """
    if tree.escaping_links:
        first = min(tree.escaping_links, key=walk_key)
        raise Refused(f"{what} contains out-of-bounds symlinks. file: {first}")


def app_folder(tree: Tree, path: str) -> str:
    """The folder ``path`` means.

    Raises:
        Refused: absolute, outside the repository, missing, or a file.
    """
    if path.startswith("/"):
        raise Refused(f"{path}: app path is absolute")
    folder = join("", path)
    if folder is None:
        raise Refused(f"{path}: app path outside root")
    if tree.is_folder(folder):
        return tree.resolve(folder) or ""
    if tree.is_file(folder):
        raise Refused(f"{path}: app path is not a directory")
    raise Refused(f"{path}: app path does not exist")


def with_overrides(
    source: Source, instance: str, tree: Tree, folder: str, explain: Callable[[bytes, str], str]
) -> tuple[Source, tuple[str, ...]]:
    """The source with ``.argocd-source.yaml`` and ``.argocd-source-<app>.yaml`` merged in, and the files read.

    ``instance`` is what Argo CD calls the Application inside.

    Where the source lies cannot be changed by them. ``explain`` gives Go's words for a text that is not YAML.

    Raises:
        Refused: one of them is not YAML or not a mapping.
    """
    raw: Any = source.raw
    read = []
    for name in (_OVERRIDES, f".argocd-source-{instance}.yaml"):
        path = posixpath.join(folder, name)
        if not tree.is_file(path):
            continue
        read.append(path)
        try:
            patch = goyaml.load(goyaml.decode(tree.read(path)))
        except (goyaml.GoYamlError, TreeError) as error:
            problem = Problem("manifest-unreadable", str(error), location=Location(path))
            said = explain(tree.read(path), f"yaml: {error}").removeprefix("error converting YAML to JSON: ")
            raise Refused(f"error while parsing source parameters: {path}: {said}", (problem,)) from None
        if not isinstance(patch, dict):
            raise Refused(
                f"error while parsing source parameters: {path}: json: cannot unmarshal {json_name(patch)} into "
                "Go value of type v1alpha1.ApplicationSource"
            )
        raw = overridden(raw, patch)
    if not read:
        return source, ()
    kept = {key: source.raw[key] for key in ("repoURL", "path", "chart", "targetRevision") if key in source.raw}
    merged = {key: value for key, value in raw.items() if key not in ("repoURL", "path", "chart", "targetRevision")}
    return Source({**merged, **kept}), tuple(read)


def overridden(target: Any, patch: Any, free: bool = False) -> Any:
    """The source with an override merged in; lists and texts are replaced.

    Argo CD reads the merged source over the old one, so a null removes nothing, except within
    ``valuesObject`` (``free``).
    """
    if not isinstance(patch, Mapping):
        return patch
    out = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is not None:
            out[key] = overridden(out.get(key), value, free or key == "valuesObject")
        elif free:
            out.pop(key, None)
    return out


def source_kind(source: Source, tree: Tree, folder: str) -> str:
    """``Helm``, ``Kustomize``, ``Directory`` or ``Plugin``: what the source says, else what lies in the folder.

    Raises:
        Refused: the source says several.
    """
    said = [name for key, name in _TYPES.items() if source.raw.get(key) is not None]
    if len(said) > 1:
        raise Refused(f"multiple application sources defined: {','.join(said)}")
    if said:
        return said[0]
    found = "Directory"
    for name in _names(tree, folder):  # in byte order; the last one decides, as in Argo CD's walk
        if name.endswith("Chart.yaml"):
            found = "Helm"
        if name in _KUSTOMIZATIONS:
            found = "Kustomize"
    return found


def _names(tree: Tree, folder: str) -> Iterator[str]:
    """Files directly in a folder, in byte order."""
    cut = len(folder) + 1 if folder else 0
    for path in tree.below(folder):
        if "/" not in path[cut:] and not tree.is_folder(path):
            yield path[cut:]
