"""What an AppProject lets an Application do, in Argo CD's own order and words.

Argo CD judges the Application's spec whenever it refreshes it (``InvalidSpecError``), and each object when it syncs it
(https://github.com/argoproj/argo-cd/blob/v3.5.7/util/argo/argo.go ValidatePermissions, controller/sync.go
validateSyncPermissions).

Not known from files, and therefore not judged: repositories and clusters that a Secret scopes to a project
(``project:``), global projects of ``argocd-cm``, ``permitOnlyProjectScopedClusters``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from presync.argocd import permissions
from presync.argocd.model import CONTROL_PLANE, Application, Manifest
from presync.argocd.permissions import Cluster
from presync.argocd.scope import cluster_scoped as scope_of
from presync.argocd.sync import EXCLUDED, is_applied
from presync.argocd.validity import faults, source_fields
from presync.base.finding import Location, Problem

DEFAULT = "default"


class Resource(Protocol):
    """As much of a rendered resource as an AppProject looks at."""

    @property
    def api_version(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def annotations(self) -> Mapping[str, Any]: ...
    @property
    def source(self) -> Location: ...


def denials(
    application: Application,
    project: Manifest | None,
    resources: Sequence[Resource] = (),
    *,
    cluster_scoped: Callable[[Resource], bool] | None = None,
    clusters: Iterable[Cluster] = (),
    declared: bool = False,
    control_plane: str = CONTROL_PLANE,
) -> tuple[Problem, ...]:
    """Argo CD's reasons not to sync the Application.

    Args:
        application: As it is in the cluster; an empty namespace means Argo CD's.
        project: The manifest of its AppProject; None where the tree has none of that name.
        resources: What it renders.
        cluster_scoped: Says whether a resource has no namespace by its kind. By default the kinds presync knows decide,
            and for others an empty namespace.
        clusters: Registered clusters besides the one Argo CD runs in.
        control_plane: The namespace Argo CD lives in.
        declared: The settings say that the project exists although it is not in the tree; nothing is then judged.
    """
    judge = _Judge(application, project, tuple(clusters), cluster_scoped or _has_no_namespace, control_plane)
    if project is None and application.project != DEFAULT:
        return () if declared else tuple(judge.no_project())
    return tuple([*judge.namespace(), *judge.spec()] or [*judge.sources(), *judge.destination()]) or tuple(
        judge.objects(resources)
    )


def doubts(application: Application, project: Manifest | None, clusters: Iterable[Cluster] = ()) -> tuple[Problem, ...]:
    """Where the verdict on the destination hangs on a name or a URL of the cluster that presync does not know."""
    judge = _Judge(application, project, tuple(clusters), _has_no_namespace)
    if (project is None and application.project != DEFAULT) or [*judge.namespace(), *judge.spec()]:
        return ()
    return tuple(judge.unsure())


class _Judge:
    def __init__(
        self,
        application: Application,
        project: Manifest | None,
        clusters: tuple[Cluster, ...],
        cluster_scoped: Callable[[Resource], bool],
        control_plane: str = CONTROL_PLANE,
    ) -> None:
        self.control_plane = control_plane
        spec = project.data.get("spec") if project else permissions.DEFAULT_SPEC
        self.application = application
        self.rules: Mapping[str, Any] = spec if isinstance(spec, Mapping) else {}
        self.name = application.project
        self.project = f"AppProject {self.name}" + (f" ({project.location})" if project else "")
        self.cluster = _cluster(application, (*clusters, permissions.ITSELF))
        self.cluster_scoped = cluster_scoped
        self.never: dict[str, bool] = {}  # whether a namespace is never permitted

    def no_project(self) -> Iterator[Problem]:
        message = f"Application referencing project {self.name} which does not exist"
        remedy = f"Add an AppProject {self.name}, or correct spec.project."
        yield self._problem("project-missing", message, remedy, "spec.project", cause=self.name)

    def namespace(self) -> Iterator[Problem]:
        """Where the Application itself lives."""
        own = self.application.namespace
        if own not in ("", self.control_plane) and not permissions.source_namespace_permitted(self.rules, own):
            message = (
                f"application '{self.application.name}' in namespace '{own}' is not allowed to use project {self.name}"
            )
            remedy = (
                f"Add {own} to sourceNamespaces of {self.project}, or move the Application to {self.control_plane}."
            )
            yield self._problem("application-namespace-denied", message, remedy, "metadata.namespace")

    def spec(self) -> Iterator[Problem]:
        for fault in faults(self.application):
            yield self._problem("application-invalid", fault.message, fault.remedy, fault.field)
            return

    def sources(self) -> Iterator[Problem]:
        hydrator = self.application.spec.get("sourceHydrator")
        if isinstance(hydrator, Mapping):
            urls = [(str(hydrator["drySource"]["repoURL"]), "spec.sourceHydrator.drySource.repoURL")]
        else:
            urls = [(source.repo_url, f"{field}.repoURL") for source, field in source_fields(self.application)]
        for url, field in urls:
            if not permissions.source_permitted(self.rules, url):
                message = f"application repo {url} is not permitted in project '{self.name}'"
                remedy = f"Add it to sourceRepos of {self.project}, or correct the URL."
                yield self._problem("project-source-denied", message, remedy, field, cause=f"{self.name} {url}")

    def destination(self) -> Iterator[Problem]:
        destination = self.application.destination
        if self._never_permitted(destination.namespace):
            cluster = destination.name or destination.server.rstrip("/")
            message = (
                f"application destination server '{cluster}' and namespace '{destination.namespace}' do not match any "
                f"of the allowed destinations in project '{self.name}'"
            )
            remedy = f"Add the destination to {self.project}, or correct spec.destination."
            # Where the cluster is the reason, it is the same for all Applications that go there.
            cause = "" if self._knows_cluster() else f"{self.name} {cluster}"
            yield self._problem("project-destination-denied", message, remedy, "spec.destination", cause=cause)

    def _knows_cluster(self) -> bool:
        """Whether some namespace of the cluster is permitted."""
        listed = self.rules.get("destinations")
        patterns = [str(one.get("namespace") or "") for one in listed or () if isinstance(one, Mapping)]
        return any(not self._never_permitted(pattern.replace("*", "x")) for pattern in patterns)

    def unsure(self) -> Iterator[Problem]:
        """One answer if the unknown half of the cluster matched, another if it did not."""
        namespace = self.application.destination.namespace
        answers = {
            permissions.destination_permitted(self.rules, self.cluster, namespace, assumed) for assumed in (False, True)
        }
        if len(answers) > 1:
            known, unknown = ("name", "URL") if self.cluster.name else ("URL", "name")
            message = (
                f"whether project '{self.name}' permits cluster {self.cluster.name or self.cluster.server} and "
                f"namespace '{namespace}' hangs on the {unknown} of the cluster, and only its {known} is known"
            )
            remedy = (
                f"Name the cluster in {self.project} as the Application does, or give the cluster's Secret in the file "
                "that `clusters:` in presync.yaml names."
            )
            field = f"spec.destination.{'server' if self.application.destination.server else 'name'}"
            cause = f"{self.name} {self.cluster.name or self.cluster.server}"
            yield self._problem("destination-unknown", message, remedy, field, cause=cause)

    def objects(self, resources: Sequence[Resource]) -> Iterator[Problem]:
        """Each object on its own, as a sync does."""
        namespace = self.application.destination.namespace
        creates = bool(namespace) and "CreateNamespace=true" in self.application.sync_options
        for resource in resources:
            if (resource.group, resource.kind) in EXCLUDED or not is_applied(resource.annotations):
                continue
            if (resource.group, resource.kind, resource.name) == ("", "Namespace", namespace):
                creates = False  # rendered itself, so judged like any other object
            yield from self._object(resource)
        if creates and not permissions.kind_permitted(self.rules, "", "Namespace", namespace, namespaced=False):
            message = f"resource :Namespace is not permitted in project {self.name}"
            remedy = (
                f"CreateNamespace=true makes Argo CD create {namespace}: add {{group: '', kind: Namespace}} to "
                f"clusterResourceWhitelist of {self.project}, or create the namespace elsewhere."
            )
            cause = f"{self.name} :Namespace"
            yield self._problem("project-kind-denied", message, remedy, "spec.syncPolicy.syncOptions", cause=cause)

    def _object(self, resource: Resource) -> Iterator[Problem]:
        namespaced = not self.cluster_scoped(resource)
        if not permissions.kind_permitted(self.rules, resource.group, resource.kind, resource.name, namespaced):
            message = f"resource {resource.group}:{resource.kind} is not permitted in project {self.name}"
            listed = "namespaceResourceWhitelist" if namespaced else "clusterResourceWhitelist"
            item = f"{{group: {resource.group or repr('')}, kind: {resource.kind}}}"
            remedy = f"Allow {item} in {listed} of {self.project} (and not in its blacklist), or do not render it."
            cause = f"{self.name} {resource.group}:{resource.kind}"
            yield self._problem("project-kind-denied", message, remedy, "kind", resource, cause)
        elif namespaced and not (resource.namespace or self.application.destination.namespace):
            version = resource.api_version.rpartition("/")[2]
            message = f"Namespace for {resource.name} {resource.group}/{version}, Kind={resource.kind} is missing."
            remedy = "Set spec.destination.namespace, or metadata.namespace in the manifest."
            yield self._problem("namespace-missing", message, remedy, "metadata.namespace", resource)
        elif namespaced and self._never_permitted(resource.namespace):
            message = f"namespace {resource.namespace} is not permitted in project '{self.name}'"
            remedy = f"Add the namespace to the destinations of {self.project}, or correct metadata.namespace."
            cause = f"{self.name} {resource.namespace}"
            kind = "project-resource-namespace-denied"
            yield self._problem(kind, message, remedy, "metadata.namespace", resource, cause)

    def _never_permitted(self, namespace: str) -> bool:
        """Whatever the half of the cluster that is not known may be."""
        if namespace not in self.never:
            self.never[namespace] = not any(
                permissions.destination_permitted(self.rules, self.cluster, namespace, assumed)
                for assumed in (False, True)
            )
        return self.never[namespace]

    def _problem(  # noqa: PLR0917 - the parts of a sentence, in its order
        self, kind: str, message: str, remedy: str, field: str, resource: Resource | None = None, cause: str = ""
    ) -> Problem:
        return Problem(
            kind,
            message,
            remedy,
            application=self.application.name,
            resource=str(resource) if resource is not None else "",
            field=field,
            location=resource.source if resource is not None else self.application.origin.location,
            cause=cause,
        )


def _cluster(application: Application, known: Iterable[Cluster]) -> Cluster:
    """The destination, with the half it does not name where that is known."""
    destination = application.destination
    server = destination.server.rstrip("/")
    for cluster in known:
        if (server and cluster.server.rstrip("/") == server) or (not server and cluster.name == destination.name):
            return cluster
    return Cluster(destination.name, server)


def _has_no_namespace(resource: Resource) -> bool:
    known = scope_of(resource.group, resource.kind)
    return not resource.namespace if known is None else known
