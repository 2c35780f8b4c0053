"""What there is to judge in a cluster: everything rendered, and what it will make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from presync.argocd.sync import EXCLUDED, is_applied
from presync.platform.model import Entry, Platform
from presync.platform.templates import pod_templates
from presync.policy.expansion import Expansion, ExpansionError, expand
from presync.policy.match import Candidate
from presync.policy.model import Object, Source, mapping
from presync.policy.namespaces import namespaces
from presync.render.model import Resource

Path = tuple[str | int, ...]
_IGNORE = "admission.gatekeeper.sh/ignore"  # the webhook passes over namespaces with this label


@dataclass(frozen=True)
class Subject:
    """An object to judge, and whose it is.

    ``path`` is where it stands in the resource: empty for the resource itself, ``spec.template`` for the Pod of a
    Deployment. ``text`` tells that it stands there as text. ``expansion`` is what made it.
    """

    candidate: Candidate = field(repr=False)
    entry: Entry
    resource: Resource | None  # None: a Namespace that Argo CD makes
    name: str
    path: Path = ()
    text: bool = False
    expansion: Expansion | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """An object that an ExpansionTemplate cannot expand."""

    entry: Entry
    resource: Resource
    message: str


def subjects(platform: Platform, cluster: str, expansions: Sequence[Expansion]) -> tuple[list[Subject], list[Trouble]]:
    """Everything of a cluster."""
    found: list[Subject] = []
    troubles: list[Trouble] = []
    known = namespaces(platform)
    for (where, name), one in known.items():
        if where == cluster and one.resource is None:
            found.append(Subject(Candidate(one.data), one.entry, None, f"Namespace {name}"))
    for entry, resource in platform.resources():
        if entry.application.destination.cluster != cluster or not _sent(resource):
            continue
        within = known.get((cluster, resource.namespace))
        namespace = within.data if within else None
        if namespace is not None and _IGNORE in mapping(mapping(namespace.get("metadata")).get("labels")):
            continue
        data = placed(resource)
        found.append(Subject(Candidate(data, namespace), entry, resource, str(resource)))
        found += _templates(entry, resource, namespace)
        try:
            for made in expand(data, expansions, resource.namespace):
                candidate = Candidate(made.data, namespace, Source.GENERATED)
                found.append(Subject(candidate, entry, resource, str(resource), made.path, expansion=made.expansion))
        except ExpansionError as error:
            troubles.append(Trouble(entry, resource, str(error)))
    return found, troubles


def placed(resource: Resource) -> Object:
    """The object with the namespace that Argo CD sends it to."""
    if not resource.namespace or resource.metadata.get("namespace") == resource.namespace:
        return resource.data
    return {**resource.data, "metadata": {**resource.metadata, "namespace": resource.namespace}}


def _sent(resource: Resource) -> bool:
    return (resource.group, resource.kind) not in EXCLUDED and is_applied(resource.annotations)


def _templates(entry: Entry, resource: Resource, namespace: Object | None) -> Iterator[Subject]:
    """Pods that a program will make from a text: they meet the webhook when the first task starts."""
    for one in pod_templates(resource.data, resource.kind):
        metadata = {**mapping(one.pod.get("metadata")), "namespace": resource.namespace}
        metadata.setdefault("name", f"{resource.name}-pod")
        candidate = Candidate({**one.pod, "metadata": metadata}, namespace)
        yield Subject(candidate, entry, resource, str(resource), ("data", one.key), text=True)
