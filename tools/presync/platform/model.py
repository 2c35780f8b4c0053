"""The platform: what the whole repository amounts to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from presync.argocd.model import CONTROL_PLANE, Application, Expansion, Manifest
from presync.base.finding import Problem
from presync.render.model import RenderedApplication, Resource
from presync.settings import Settings
from presync.tree import Repository, Tree


@dataclass(frozen=True, slots=True)
class Entry:
    """A rendered Application with the environment it belongs to and Argo CD's reasons to refuse its sync."""

    rendered: RenderedApplication
    environment: str
    denials: tuple[Problem, ...] = ()

    @property
    def application(self) -> Application:
        return self.rendered.application

    @property
    def name(self) -> str:
        return self.rendered.application.name


@dataclass(frozen=True)
class Platform:
    """Everything, rendered."""

    repository: Repository
    tree: Tree
    settings: Settings
    entries: tuple[Entry, ...]
    expansions: tuple[Expansion, ...]
    projects: tuple[Manifest, ...]
    problems: tuple[Problem, ...] = ()  # those that belong to no Application
    control_plane: str = CONTROL_PLANE  # the namespace Argo CD lives in
    _cache: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    def resources(self) -> Iterator[tuple[Entry, Resource]]:
        """Every resource with its Application, in order."""
        for entry in self.entries:
            for resource in entry.rendered.resources:
                yield entry, resource

    @cached_property
    def by_key(self) -> Mapping[tuple[str, str, str, str, str], tuple[tuple[Entry, Resource], ...]]:
        """(cluster, group, kind, namespace, name) to the resources that claim to be it."""
        found: dict[tuple[str, str, str, str, str], list[tuple[Entry, Resource]]] = {}
        for entry, resource in self.resources():
            found.setdefault((entry.application.destination.cluster, *resource.key), []).append((entry, resource))
        return {key: tuple(values) for key, values in found.items()}

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """Names of the environments that have an Application; settings' order first."""
        declared = [environment.name for environment in self.settings.environments]
        seen = {entry.environment for entry in self.entries if entry.environment}
        return tuple([name for name in declared if name in seen] + sorted(seen - set(declared)))
