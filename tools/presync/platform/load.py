"""From a tree to the platform: discover, expand, render, and follow what the output declares."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from presync.argocd.context import Context
from presync.argocd.expand import expand, plain
from presync.argocd.model import GROUP, Application, Expansion, Manifest, Object
from presync.argocd.project import Resource as Judged
from presync.argocd.project import denials
from presync.argocd.refusal import refusals
from presync.argocd.scope import cluster_scoped
from presync.base.finding import Location, Problem
from presync.engine import Engine
from presync.platform.discovery import KINDS, discover
from presync.platform.identity import control_plane, environment_of, identify
from presync.platform.model import Entry, Platform
from presync.platform.schemas import bundled
from presync.render.memory import Memory
from presync.render.model import RenderedApplication
from presync.render.render import Bare, render_all
from presync.settings import Settings, load_settings, place
from presync.tree import Repository, Tree

MAX_ROUNDS = 10  # an app of apps of apps … deeper than this is a loop

Progress = Callable[[str, int, int], None]  # what, done, of how many


def _quiet(what: str, done: int, total: int) -> None:
    """No progress."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An Argo CD object and whether its text is the same as last time it was seen."""

    manifest: Manifest
    text: str


def load(
    repository: Repository,
    engine: Engine,
    tree: Tree | None = None,
    progress: Progress = _quiet,
    memory: Memory[Bare] | None = None,
    *,
    adjust: Callable[[Settings], Settings] | None = None,
) -> Platform:
    """Everything the tree amounts to.

    ``adjust`` changes what presync.yaml says, to see the tree under other versions.

    Two states of a tree loaded with the same ``memory`` share the renders that cannot differ.

    Applications, ApplicationSets and AppProjects that another Application renders are followed; an object that is both
    a file and rendered counts once, as rendered (a kustomization may have changed it).

    Raises:
        PresyncError: the settings cannot be read.
    """
    head = tree or repository.worktree
    settings = load_settings(head)
    settings = adjust(settings) if adjust else settings
    manifests, problems = discover(head, settings)
    repositories, assumed = identify(repository, head, settings, manifests)
    context = Context(engine, settings, repositories, control_plane(settings, manifests))
    return _Loader(context, progress, memory).run(repository, head, manifests, [*problems, *assumed])


class _Loader:
    def __init__(self, context: Context, progress: Progress, memory: Memory[Bare] | None = None) -> None:
        self.context = context
        self.memory = memory
        self.progress = progress
        self.found: dict[tuple[str, str, str], _Found] = {}
        self.expansions: dict[str, Expansion] = {}
        self.rendered: dict[tuple[str, str], RenderedApplication] = {}
        self.problems: list[Problem] = []

    def run(
        self, repository: Repository, head: Tree, manifests: Sequence[Manifest], problems: Sequence[Problem]
    ) -> Platform:
        self.problems += problems
        pending = list(manifests)
        for round_ in range(MAX_ROUNDS):
            fresh = self._note(pending)
            if not fresh:
                break
            if round_ == MAX_ROUNDS - 1:
                self.problems.append(
                    Problem(
                        "applications-too-deep",
                        f"Applications that render Applications go on after {MAX_ROUNDS} levels "
                        f"(last: {fresh[0].kind} {fresh[0].name})",
                        "Look for an Application that renders itself under another name.",
                        application=fresh[0].parent,
                        resource=f"{fresh[0].kind}.{GROUP} {fresh[0].namespace}/{fresh[0].name}",
                        field="metadata.name",
                        location=fresh[0].location,
                    )
                )
                break
            pending = self._declared(self._render(self._applications(fresh)))
        if not self.found:
            roots = ", ".join(self.context.settings.roots)
            self.problems.append(
                Problem(
                    "nothing-found",
                    f"there is no Application and no ApplicationSet {f'below {roots}' if roots else 'here'}",
                    "Is this the root of the GitOps repository? Give it with -C, and the files with Argo CD's objects "
                    "under `roots:` in presync.yaml.",
                    location=place(head, "roots") if roots else Location(),
                )
            )
        return self._platform(repository, head)

    def _note(self, manifests: Sequence[Manifest]) -> list[Manifest]:
        """Remember them; those that are new or differ from what was known are returned."""
        fresh = []
        for manifest in manifests:
            key = (manifest.kind, manifest.namespace or self.context.control_plane, manifest.name)
            text = json.dumps(_in_namespace(manifest.data, self.context.control_plane), sort_keys=True, default=str)
            known = self.found.get(key)
            if known and known.text == text:
                if manifest.parent and not known.manifest.parent:
                    self.found[key] = _Found(replace(known.manifest, parent=manifest.parent), text)
                continue
            if known and not manifest.parent and manifest.kind != "AppProject":
                self._duplicate(known.manifest, manifest)
                continue
            self.found[key] = _Found(manifest, text)
            fresh.append(manifest)
        return fresh

    def _duplicate(self, first: Manifest, second: Manifest) -> None:
        self.problems.append(
            Problem(
                "duplicate-application",
                f"{second.kind} {second.name} is declared twice and differently, in {first.location} and "
                f"{second.location}; the first is used",
                "Keep one. If the second is not applied to this cluster, list it under `exclude:` in presync.yaml.",
                location=second.location,
            )
        )

    def _applications(self, manifests: Sequence[Manifest]) -> list[Application]:
        """Plain ones first, then those of ApplicationSets; a name that is taken is reported."""
        plain_ones = [manifest for manifest in manifests if manifest.kind == "Application"]
        for manifest in plain_ones:
            if not manifest.parent:  # what is rendered is checked like every other object
                self.problems += refusals(manifest, self.context)
        applications = [plain(manifest, self.context.settings.argocd) for manifest in plain_ones]
        for manifest in manifests:
            if manifest.kind == "ApplicationSet":
                self.progress(f"expanding {manifest.name}", 0, 0)
                expansion = expand(manifest, self.context)
                self.expansions[f"{manifest.namespace}/{manifest.name}"] = expansion
                applications += expansion.applications
        return applications

    def _render(self, applications: Sequence[Application]) -> list[RenderedApplication]:
        wanted: dict[tuple[str, str], Application] = {}
        for application in applications:
            key = (application.namespace or self.context.control_plane, application.name)
            other = wanted.get(key) or (self.rendered[key].application if key in self.rendered else None)
            if other and _owner(other) != _owner(application):
                self.problems.append(
                    Problem(
                        "duplicate-application",
                        f"Application {application.name} comes from {_owner(other)} and from {_owner(application)}",
                        "Give one of them another name; Argo CD lets only one own it.",
                        application=application.name,
                        location=application.origin.location,
                    )
                )
                continue
            wanted[key] = application
        total = len(wanted)
        done = 0

        def report(application: Application) -> None:
            nonlocal done
            done += 1
            self.progress(f"rendering {application.name}", done, total)

        results = render_all(list(wanted.values()), self.context, report, memory=self.memory)
        for result in results:
            self.rendered[(result.application.namespace or self.context.control_plane, result.application.name)] = (
                result
            )
        return results

    def _declared(self, rendered: Sequence[RenderedApplication]) -> list[Manifest]:
        """Argo CD's own objects in what was rendered."""
        return [
            Manifest(_in_namespace(resource.data, resource.namespace), resource.source, parent=result.application.name)
            for result in rendered
            for resource in result.resources
            if resource.group == GROUP and resource.kind in KINDS
        ]

    def _platform(self, repository: Repository, head: Tree) -> Platform:
        projects = {
            found.manifest.name: found.manifest for found in self.found.values() if found.manifest.kind == "AppProject"
        }
        parents = {
            found.manifest.name: found.manifest.parent
            for found in self.found.values()
            if found.manifest.kind == "Application" and found.manifest.parent
        }
        entries = []
        for rendered in sorted(
            self.rendered.values(), key=lambda one: (one.application.name, one.application.namespace)
        ):
            result = _with_parent(rendered, parents.get(rendered.application.name, ""))
            application = result.application
            refused = denials(
                application,
                projects.get(application.project),
                result.resources,
                cluster_scoped=_cluster_scoped,
                control_plane=self.context.control_plane,
            )
            entries.append(Entry(result, environment_of(application, self.context.settings), refused))
        return Platform(
            repository,
            head,
            self.context.settings,
            tuple(entries),
            tuple(self.expansions[name] for name in sorted(self.expansions)),
            tuple(projects[name] for name in sorted(projects)),
            tuple(self.problems),
            self.context.control_plane,
        )


def _cluster_scoped(resource: Judged) -> bool:
    """Whether the kind has no namespace: as Kubernetes has it, else as the bundled CRDs do, else by the looks of it."""
    known = cluster_scoped(resource.group, resource.kind)
    if known is None:
        declared = bundled.load(resource.group, resource.api_version.rpartition("/")[2], resource.kind)
        known = not declared.namespaced if declared else None
    return not resource.namespace if known is None else known


def _with_parent(rendered: RenderedApplication, parent: str) -> RenderedApplication:
    """An Application that is a file and is also rendered by another one: it came that way into the cluster."""
    application = rendered.application
    if not parent or application.origin.parent or application.origin.application_set:
        return rendered
    return replace(rendered, application=replace(application, origin=replace(application.origin, parent=parent)))


def _owner(application: Application) -> str:
    if application.origin.application_set:
        return f"ApplicationSet {application.origin.application_set}"
    return str(application.origin.location)


def _in_namespace(data: Object, namespace: str) -> Object:
    """The object with a namespace: its own, else the given one."""
    metadata = data.get("metadata") or {}
    if metadata.get("namespace") or not namespace:
        return data
    return {**data, "metadata": {**metadata, "namespace": namespace}}
