"""Whether NetworkPolicies let one Pod reach another.

Policies add up: a Pod that none selects for a direction is open in it, else one rule of any of them must fit
(https://kubernetes.io/docs/concepts/services-networking/network-policies/). A policy sees the port of the Pod, after
the Service's port has been translated. Where labels of a namespace are not known, addresses may be those of Pods, or
another kind of policy has a say, nothing is called blocked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.selectors import matches
from presync.platform.validation.access import Object, items, obj, text, texts
from presync.render.model import Resource

_GROUP = "networking.k8s.io"
_OTHERS = frozenset({"cilium.io", "crd.projectcalico.org", "projectcalico.org", "policy.networking.k8s.io"})
_PRIVATE = tuple(
    ipaddress.ip_network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
NamespaceLabels = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A Pod as policies see it."""

    namespace: str
    labels: Mapping[str, Any]
    ports: Mapping[str, int]  # by name
    host_network: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A NetworkPolicy that selects a Pod for a direction."""

    entry: Entry
    resource: Resource

    @property
    def spec(self) -> Object:
        return obj(self.resource.data, "spec")


class Network:
    """The policies of one cluster after another."""

    def __init__(self, platform: Platform, labels: NamespaceLabels) -> None:
        self._labels = labels
        self._policies: dict[tuple[str, str], list[Policy]] = {}
        self._foreign = {
            entry.application.destination.cluster
            for entry, resource in platform.resources()
            if resource.group in _OTHERS and "Policy" in resource.kind
        }
        for entry, resource in index(platform).of_kind(_GROUP, "NetworkPolicy"):
            place = (entry.application.destination.cluster, resource.namespace)
            self._policies.setdefault(place, []).append(Policy(entry, resource))

    def blocked(self, cluster: str, source: Peer, target: Peer, port: int) -> tuple[str, tuple[Policy, ...]] | None:
        """``egress`` or ``ingress`` with the policies that select the Pod and do not let it pass; None: it passes."""
        if cluster in self._foreign or source.host_network or target.host_network:
            return None
        for direction, mine, other in (("egress", source, target), ("ingress", target, source)):
            policies = tuple(self.selecting(cluster, mine, direction))
            if policies and not any(self._fits(cluster, one, direction, other, (target, port)) for one in policies):
                return direction, policies
        return None

    def without_names(self, cluster: str, source: Peer) -> tuple[Policy, ...]:
        """The policies that keep a Pod from asking DNS; none where it may."""
        if cluster in self._foreign or source.host_network:
            return ()
        policies = tuple(self.selecting(cluster, source, "egress"))
        for policy in policies:
            for _, rule in items(policy.spec, "egress"):
                ports = list(items(rule, "ports"))
                if not ports or any(
                    isinstance(one.get("port"), str) or _covers(one, 53, "UDP", {}) or _covers(one, 53, "TCP", {})
                    for _, one in ports
                ):
                    return ()
        return policies

    def selecting(self, cluster: str, pod: Peer, direction: str) -> Iterator[Policy]:
        """The policies that isolate a Pod in a direction."""
        for policy in self._policies.get((cluster, pod.namespace), ()):
            if direction in _directions(policy.spec) and matches(obj(policy.spec, "podSelector"), pod.labels):
                yield policy

    def _fits(self, cluster: str, policy: Policy, direction: str, other: Peer, to: tuple[Peer, int]) -> bool:
        field = "to" if direction == "egress" else "from"
        target, port = to
        for _, rule in items(policy.spec, direction):
            ports = [one for _, one in items(rule, "ports")]
            if ports and not any(_covers(one, port, "TCP", target.ports) for one in ports):
                continue
            peers = [one for _, one in items(rule, field)]
            if not peers or any(self._is(cluster, one, policy.resource.namespace, other) for one in peers):
                return True
        return False

    def _is(self, cluster: str, peer: Object, namespace: str, pod: Peer) -> bool:
        """Whether a peer of a rule may be this Pod."""
        if "ipBlock" in peer:
            return _may_hold_pods(obj(peer, "ipBlock"))
        if isinstance(peer.get("podSelector"), Mapping) and not matches(peer["podSelector"], pod.labels):
            return False
        selector = peer.get("namespaceSelector")
        if not isinstance(selector, Mapping):
            return pod.namespace == namespace
        labels = self._labels.get((cluster, pod.namespace))
        if labels is not None:
            return matches(selector, labels)
        wanted = obj(selector, "matchLabels").get("kubernetes.io/metadata.name")
        return wanted is None or wanted == pod.namespace


def nearest(policy: Policy, direction: str, ports: Sequence[int], names: Mapping[str, int]) -> tuple[str | int, ...]:
    """The field of the rule that comes nearest to letting one of these ports through: its first peer, else the rules.

    A rule about the port that names somebody else is most likely the one that was meant.
    """
    field = "to" if direction == "egress" else "from"
    for at, rule in items(policy.spec, direction):
        listed = [one for _, one in items(rule, "ports")]
        if listed and not any(_covers(one, port, "TCP", names) for one in listed for port in ports):
            continue
        for number, peer in items(rule, field):
            wanted = obj(peer, "namespaceSelector", "matchLabels")
            if wanted:
                return (direction, at, field, number, "namespaceSelector", "matchLabels", next(iter(wanted)))
    return (direction,)


def _directions(spec: Object) -> Sequence[str]:
    types = texts(spec, "policyTypes")
    if types:
        return [one.lower() for one in types]
    return ["ingress", "egress"] if spec.get("egress") else ["ingress"]


def _covers(rule: Object, port: int, protocol: str, names: Mapping[str, int]) -> bool:
    if (text(rule, "protocol") or "TCP") != protocol:
        return False
    wanted, end = rule.get("port"), rule.get("endPort")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return names.get(wanted) == port if names else True
    if isinstance(wanted, int) and isinstance(end, int):
        return wanted <= port <= end
    return bool(wanted == port)


def _may_hold_pods(block: Object) -> bool:
    """Whether addresses of Pods, which are private ones, may be in the block."""
    try:
        whole = ipaddress.ip_network(text(block, "cidr"), strict=False)
        without = [ipaddress.ip_network(one, strict=False) for one in texts(block, "except")]
    except ValueError:
        return True
    for private in _PRIVATE:
        if private.version == whole.version and private.overlaps(whole):
            smaller = private if private.prefixlen >= whole.prefixlen else whole
            if not any(one.version == smaller.version and _inside(smaller, one) for one in without):
                return True
    return False


def _inside(one: Any, other: Any) -> bool:
    return bool(one.subnet_of(other))
