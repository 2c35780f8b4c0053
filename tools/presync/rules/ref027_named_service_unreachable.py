"""NetworkPolicies keep a Pod from a Service that its settings name.

Connections hang until they time out. Read are the policies of both sides: those that select the Pod for egress, and
those that select the Service's Pods for ingress. Namespaces have the labels that their Namespace object or
`managedNamespaceMetadata` of the Application gives them. A policy sees the port of the Pod, not the Service's. Where
blocks of addresses, other kinds of policies or labels that nobody sees here may open the way, nothing is said.
Where several Pods of an Application have the same address and one gets through, the others are only mentioned:
they may share settings they do not all need.

Bad:

    # feast-dev: REDIS_HOST is redis.redis-dev.svc; the policy in redis-dev
    ingress:
      - from:
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: airflow-dev}}

Good:

    ingress:
      - from:
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: airflow-dev}}
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: feast-dev}}
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from presync.base.finding import Severity
from presync.observability.selecting import namespace_labels
from presync.platform.model import Platform
from presync.platform.network import Network, Policy, nearest
from presync.platform.references import resolver
from presync.platform.references.edges import Edge, User
from presync.rules.model import Match, Path
from presync.rules.named_services import Named, Target, named, place, pod_port, target, targets

ID = "REF027"
NAME = "named-service-unreachable"
SEVERITY = Severity.ERROR

_SELECTOR = ("spec", "podSelector")


@dataclass(frozen=True, slots=True)
class _Blocked:
    edge: Edge
    user: User
    direction: str  # egress, ingress, or names: it cannot ask DNS
    policies: tuple[Policy, ...]
    ports: tuple[int, ...]
    names: Mapping[str, int]  # of the ports of the Pods behind the Service


def check(platform: Platform) -> Iterator[Match]:
    """Every edge with Pods on both ends in one environment; the Pods of one Application that name the same together."""
    network = Network(platform, namespace_labels(platform))
    groups: dict[Hashable, list[_Blocked | str]] = {}
    for one in named(platform):
        if not one.foreign:
            edge = one.edge
            group = groups.setdefault((edge.cluster, edge.entry.name, edge.namespace, edge.service, edge.host.port), [])
            group += [_blocked(platform, network, one, user) or user.resource.name for user in edge.users]
    for group in groups.values():
        passing = next((one for one in group if isinstance(one, str)), "")
        found = [one for one in group if isinstance(one, _Blocked)]
        if passing and found:
            yield _partly(found, passing)
        else:
            yield from (_match(platform, blocked) for blocked in found)


def _blocked(platform: Platform, network: Network, one: Named, user: User) -> _Blocked | None:
    cluster = one.edge.cluster
    pods = targets(platform, cluster, one.service)
    source = target(user.resource, user.pod.spec, user.pod.labels)
    if not pods or any(pod.resource is user.resource for pod in pods):
        return None
    told: tuple[str, tuple[Policy, ...]] | None = None
    tried: list[int] = []
    for pod in pods:
        for port in _ports(one, pod):
            blocked = network.blocked(cluster, source.peer, pod.peer, port)
            if blocked is None:
                without = network.without_names(cluster, source.peer)
                return _Blocked(one.edge, user, "names", without, (), {}) if without else None
            told = told or blocked
            tried.append(port)
    names = {name: port for pod in pods for name, port in pod.peer.ports.items()}
    return _Blocked(one.edge, user, *told, tuple(dict.fromkeys(tried)), names) if told else None


def _ports(one: Named, pod: Target) -> list[int]:
    """The ports of a Pod that the text means; all of the Service's where it says none."""
    wanted = one.edge.host.port
    through = [port for port in one.ports if wanted is None or port.get("port") == wanted]
    found = [number for port in through if (number := pod_port(pod, port)) is not None]
    return found or ([wanted] if one.headless and wanted in pod.numbers else [])


def _match(platform: Platform, blocked: _Blocked) -> Match:
    edge = blocked.edge
    policy = max(blocked.policies, key=_specific)
    direction = "egress" if blocked.direction == "names" else blocked.direction
    path: Path = _SELECTOR
    if policy.spec.get(direction):
        path = ("spec", *nearest(policy, direction, blocked.ports, blocked.names))
    service = f"{edge.namespace}/{edge.service}"
    who = f"{blocked.user.resource} (Application {blocked.user.entry.name})"
    if blocked.direction == "names":
        message = f"{who} is to reach {place(edge)}, and the policy does not let it ask DNS"
        remedy = "Let it out to port 53 (UDP and TCP) of kube-dns."
    else:
        ports = " or ".join(map(str, blocked.ports))
        verb = "let it out to" if direction == "egress" else "let it in to"
        message = f"{who} is to reach {place(edge)}, and no policy that selects the Pod {verb} port {ports}"
        remedy = f"Add a rule to {direction} here, or take the address out of {edge.resource}."
    dark = resolver(platform).in_the_dark(edge.cluster, policy.resource.namespace)
    return Match(
        message,
        remedy,
        policy.entry,
        policy.resource,
        path,
        severity=Severity.INFO if dark else None,
        key=f"{blocked.user.resource} {service} {direction}",
        cause=f"{edge.cluster} {policy.resource.namespace} {blocked.direction} {service} {blocked.ports}",
    )


def _partly(found: list[_Blocked], passing: str) -> Match:
    """Settings that many Pods share are not needed by all; told at the text, for nobody knows which end errs."""
    edge = found[0].edge
    names = list(dict.fromkeys(f"{one.user.resource.kind} {one.user.resource.name}" for one in found))
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return Match(
        f"NetworkPolicies keep {shown} from {place(edge)}, which is in their settings; {passing} gets there",
        "Nothing to do if only some of the Pods that share the setting use it.",
        edge.entry,
        edge.resource,
        edge.path,
        severity=Severity.INFO,
        key=f"{edge.namespace}/{edge.service}",
    )


def _specific(policy: Policy) -> tuple[bool, bool]:
    """The policy to edit: one about these Pods, with rules, rather than the one that denies everything."""
    spec = policy.spec
    return bool(spec.get("podSelector")), bool(spec.get("egress") or spec.get("ingress"))
