"""Platforms from a few lines of YAML."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from presync.argocd.context import Context
from presync.argocd.model import Application, Expansion, Manifest, Origin
from presync.argocd.project import denials
from presync.argocd.repositories import Repositories
from presync.argocd.scope import cluster_scoped
from presync.base import goyaml
from presync.base.finding import Location, Problem
from presync.engine import Engine
from presync.platform.model import Entry, Platform
from presync.render.model import RenderedApplication, Resource
from presync.render.render import render
from presync.settings import Settings
from presync.settings.model import AlertmanagerFile, Environment, ExternalObject, Metrics
from presync.tree import Repository
from presync.tree.model import Tree

REPOSITORY = "https://git.example.com/mlops/feature-platform.git"


class MemoryTree(Tree):
    """Files that are nowhere."""

    label = "test"

    def __init__(self, files: Mapping[str, str], links: Mapping[str, str]) -> None:
        self.files = {path: text.encode() for path, text in files.items()}
        self.links = dict(links)

    def digest(self, path: str) -> str:
        return str(hash(self.files[path]))

    def _entries(self) -> Any:
        return iter([*self.files, *self.links])

    def _links(self) -> dict[str, str]:
        return self.links

    def _size(self, path: str) -> int:
        return len(self.files[path])

    def _read(self, path: str) -> bytes:
        return self.files[path]


def platform(case: Mapping[str, Any]) -> Platform:
    """A platform from a case.

    ``resources`` are those of one Application ``app-dev``; ``applications`` give several. Texts are YAML with any
    number of documents. ``projects``, ``files``, ``links``, ``problems``, ``expansions`` and ``settings`` are what they
    are called.
    """
    tree = MemoryTree(case.get("files") or {}, case.get("links") or {})
    projects = {
        data["metadata"]["name"]: Manifest(data, Location("apps/projects.yaml", 1))
        for data in objects(case.get("projects") or "")
    }
    files = tree if case.get("files") else None
    listed = case.get("applications")
    if listed is None:
        listed = [{"resources": case.get("resources") or "", **(case.get("application") or {})}]
    return Platform(
        None,  # type: ignore[arg-type] # no rule asks for the repository
        tree,
        settings(case.get("settings") or {}),
        tuple(entry(one, projects, files) for one in listed),
        tuple(expansion(one) for one in case.get("expansions") or ()),
        tuple(projects.values()),
        tuple(problem(one) for one in case.get("problems") or ()),
    )


def entry(data: Mapping[str, Any], projects: Mapping[str, Manifest], tree: Tree | None = None) -> Entry:
    """An Application with what it renders; with ``helm`` that is what Helm makes of a chart in ``files``."""
    environment = data.get("environment", "dev")
    name = data.get("name", f"app-{environment}")
    spec: dict[str, Any] = {
        "project": "default",
        "source": {"repoURL": REPOSITORY, "path": "charts/app"},
        "destination": {
            "server": data.get("server", "https://kubernetes.default.svc"),
            "namespace": data.get("namespace", name),
        },
        **(data.get("spec") or {}),
    }
    metadata: dict[str, Any] = {"name": name, "namespace": data.get("in", "argocd")}
    metadata |= data.get("metadata") or {}
    origin = Origin(Location("apps/app.yaml", 1), data.get("set", ""))
    application = Application({"metadata": metadata, "spec": spec}, origin)
    if "helm" in data and tree is not None:
        source = {"repoURL": REPOSITORY, "targetRevision": "main", "path": data.get("path", "charts/app")}
        helm = Application(
            {"metadata": metadata, "spec": {**spec, "source": {**source, "helm": data["helm"]}}},
            Origin(Location("apps/app.yaml", 1)),
        )
        repositories = Repositories.of(Repository(Path(), is_git=False), tree, [REPOSITORY], ["main"])
        return Entry(render(helm, Context(_engine(), Settings(), repositories)), environment)
    resources = tuple(resource(one, data, application) for one in objects(data.get("resources") or ""))
    rendered = RenderedApplication(
        application,
        resources,
        tuple(problem(one) for one in data.get("problems") or ()),
        error=data.get("error", ""),
        unavailable=data.get("unavailable", ""),
        external=data.get("external", ""),
        reads=frozenset(data.get("reads") or ()),
    )
    return Entry(rendered, environment, denials(application, projects.get(application.project), resources))


@cache
def _engine() -> Engine:
    """One for all cases."""
    engine = Engine(1)
    atexit.register(engine.close)
    return engine


def resource(data: Mapping[str, Any], one: Mapping[str, Any], application: Application) -> Resource:
    """An object as rendering gives it."""
    group = str(data.get("apiVersion") or "").rpartition("/")[0]
    metadata = data.get("metadata") if isinstance(data.get("metadata"), dict) else {}
    own = str((metadata or {}).get("namespace") or application.destination.namespace)
    namespace = "" if cluster_scoped(group, str(data.get("kind"))) else own
    return Resource(
        data, namespace, Location(one.get("file", "templates/all.yaml")), chart=one.get("chart", "charts/app")
    )


def objects(text: Any) -> list[dict[str, Any]]:
    """Documents of a text, or the objects of a list; ``$(large)`` in a text stands for 262,200 characters,
    ``$(many)`` for 101 objects.
    """
    if text == "$(many)":
        return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{at}"}} for at in range(101)]
    if isinstance(text, str):
        text = text.replace("$(large)", "x" * 262_200)
        return [document.data for document in goyaml.documents(text)]
    return [text] if isinstance(text, dict) else list(text)


def expansion(data: Mapping[str, Any]) -> Expansion:
    """What became of an ApplicationSet."""
    manifest = Manifest(
        {"kind": "ApplicationSet", "metadata": {"name": data["name"]}, "spec": data.get("spec") or {}},
        Location("apps/dev.yaml", 1),
    )
    problems = tuple(problem(one) for one in data.get("problems") or ())
    made = tuple(
        Application({"metadata": {"name": name}}, Origin(Location("apps/dev.yaml", 1), data["name"]))
        for name in data.get("yields") or ()
    )
    return Expansion(manifest, made, problems, data.get("error", ""))


def problem(data: Mapping[str, Any]) -> Problem:
    """What an earlier step reported."""
    values = {"message": "something is wrong", **data}
    values["location"] = Location(values.pop("file", "apps/dev.yaml"), values.pop("line", 1))
    return Problem(**values)


def settings(data: Mapping[str, Any]) -> Settings:
    """Settings from the keys of presync.yaml."""
    return Settings(
        file="presync.yaml",
        repository=tuple(data.get("repository") or ()),
        argocd=data.get("argocd", "3.5"),
        kubernetes=tuple(data.get("kubernetes") or ("1.36",)),
        crds=tuple(data.get("crds") or ()),
        exclude=tuple(data.get("exclude") or ()),
        environments=tuple(Environment(name) for name in data.get("environments") or ()),
        objects=tuple(
            ExternalObject(one["kind"], one.get("namespace", "*"), one["name"], "why", tuple(one.get("keys") or ()))
            for one in data.get("objects") or ()
        ),
        metrics=tuple(
            Metrics(tuple(one["names"]), "why", tuple(one.get("labels") or ())) for one in data.get("metrics") or ()
        ),
        alertmanager=tuple(
            AlertmanagerFile(one["file"], one.get("environment", "")) for one in data.get("alertmanager") or ()
        ),
        waivers=tuple(data.get("waivers") or ()),
    )
