"""A text names a Service that is rendered by no Application of the cluster.

In a variable or argument of a container, in a ConfigMap, or in an address of another object. A name counts only where
its form leaves no doubt: `NAME.NAMESPACE.svc`, `NAME.NAMESPACE:PORT` with a namespace of this repository, and within
the own namespace `http://NAME` and `NAME:PORT` in something that is called an address. A name of one label may also be
one of the network outside; then it is a warning. Where an Application that could not be rendered, or an operator
for an object whose name is part of the Service's, may make it, it is only mentioned.

Bad:

    # the Service is redis
    env:
      - {name: REDIS_URL, value: "redis://redis-master.redis-dev.svc:6379"}

Good:

    env:
      - {name: REDIS_URL, value: "redis://redis.redis-dev.svc:6379"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presync.base.finding import Severity
from presync.platform.memo import memo
from presync.platform.model import Entry, Platform
from presync.platform.references import Resolver, resolver, selection
from presync.platform.references.edges import Edge, edges, namespaces
from presync.platform.references.resolve import Outcome
from presync.render.model import Resource
from presync.rules.model import Match
from presync.rules.named_services import place, reference
from presync.rules.references import close

ID = "REF025"
NAME = "named-service-missing"
SEVERITY = Severity.ERROR

_REMEDY = (
    "Correct the name, render the Service, or, if somebody else makes it, declare it under `objects:` in presync.yaml."
)


def check(platform: Platform) -> Iterator[Match]:
    """Every name, resolved; a Service of another environment is there, and told by the rules about environments."""
    known, spaces = resolver(platform), namespaces(platform)
    for edge in edges(platform):
        if edge.sure and known.resolve(reference(edge)).outcome is Outcome.MISSING:
            yield _match(platform, known, spaces, edge)


def _match(platform: Platform, known: Resolver, spaces: Mapping[str, frozenset[str]], edge: Edge) -> Match:
    cluster, space = edge.cluster, edge.namespace
    message = f"{place(edge)}: there is no Service {space}/{edge.service}"
    meant = close(edge.service, known.names(cluster, "Service", space))
    severity = Severity.ERROR if edge.host.full or len(edge.host.labels) > 1 or meant else Severity.WARNING
    remedy = f"Did you mean {meant}?" if meant else _REMEDY
    if space not in spaces.get(cluster, ()):
        near = [one for one in spaces[cluster] if edge.service in known.names(cluster, "Service", one)]
        other = close(space, near)
        severity = Severity.ERROR if other else Severity.INFO
        message += ", and nothing of this repository goes to that namespace"
        remedy = f"Did you mean the namespace {other}?" if other else _REMEDY
    else:
        maker = _maker(platform, edge)
        dark = known.in_the_dark(cluster, space)
        if dark or maker:
            severity = Severity.INFO
            message += f"; {maker} may make it" if maker else f"; {dark[0]} could not be rendered and may have it"
        elif severity is Severity.ERROR and not meant and selection(platform).maker(cluster, space):
            severity = Severity.WARNING  # operators are at work there, though no object of theirs has such a name
    return Match(
        message,
        remedy,
        edge.entry,
        edge.resource,
        edge.path,
        severity=severity,
        cause=f"{cluster} {space}/{edge.service}",
        key=f"{space}/{edge.service}",
    )


def _maker(platform: Platform, edge: Edge) -> str:
    """The custom object that an operator may make the Service for: its name is part of the Service's."""
    return next(
        (
            str(one)
            for entry, one in _custom(platform).get(edge.namespace, ())
            if entry.application.destination.cluster == edge.cluster and one.name and one.name in edge.service
        ),
        "",
    )


def _custom(platform: Platform) -> dict[str, list[tuple[Entry, Resource]]]:
    """Custom objects by namespace; Gateways too, for which controllers make Services."""

    def make(_: Platform) -> dict[str, list[tuple[Entry, Resource]]]:
        found: dict[str, list[tuple[Entry, Resource]]] = {}
        for entry, one in platform.resources():
            if "." in one.group and (not one.group.endswith(".k8s.io") or one.kind == "Gateway"):
                found.setdefault(one.namespace, []).append((entry, one))
        return found

    return memo(platform, "custom-objects", make)
