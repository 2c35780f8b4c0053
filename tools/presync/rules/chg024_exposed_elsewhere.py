"""Something is reached by another way than before: through another Gateway, another class of Ingress, or from outside.

Gateways and classes of Ingress tell the inner network from the outer one. A route that moves to another one, or gets
one more, and an Ingress of another class serve the same pages to other people, without a line about rights. The same
holds for a Service that becomes a LoadBalancer or a NodePort, a list of addresses that goes from an Ingress, and a host
that becomes every host.

Nothing is said of a route that loses a Gateway, that names a listener of the one it had, or of a host that is another.
See <https://gateway-api.sigs.k8s.io/api-types/httproute/>.

Bad:

    # HTTPRoute; before: name: internal
    parentRefs: [{name: public, namespace: gateways}]

Good:

    parentRefs: [{name: internal, namespace: gateways, sectionName: https}]
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from presync.base.finding import Severity
from presync.change.model import Change, ResourceChange
from presync.platform.validation.access import items, obj, text, texts
from presync.rules.model import Match, Path
from presync.rules.rights import few

ID = "CHG024"
NAME = "exposed-elsewhere"
SEVERITY = Severity.WARNING
_GATEWAY = "gateway.networking.k8s.io"
_CLASS = "kubernetes.io/ingress.class"
_ADDRESSES = tuple(f"nginx.ingress.kubernetes.io/{one}-source-range" for one in ("whitelist", "allowlist"))
_OUTSIDE = {"LoadBalancer": "from outside, by a load balancer", "NodePort": "on a port of every node"}
_REMEDY = "Check that whoever comes that way may see it."


class _Parent(NamedTuple):
    """What a route is attached to; an empty listener and port are all of it."""

    kind: str
    namespace: str
    name: str
    listener: str
    port: str

    def __str__(self) -> str:
        of = f" ({', '.join(filter(None, (self.listener, self.port)))})" if self.listener or self.port else ""
        return f"{self.kind} {self.namespace}/{self.name}{of}"

    def within(self, other: _Parent) -> bool:
        """Whether the other one is as much or more."""
        return self[:3] == other[:3] and other.listener in ("", self.listener) and other.port in ("", self.port)


def change(change: Change) -> Iterator[Match]:
    """Every route, Ingress and Service that was there before."""
    for one in change.resources:
        if one.old is None or one.new is None:
            continue
        if one.new.group == _GATEWAY and one.new.kind.endswith("Route"):
            yield from _routed(one)
            yield from _every_host(one, ("spec", "hostnames"), _hostnames(one.old.data), _hostnames(one.new.data))
        elif one.new.group == "networking.k8s.io" and one.new.kind == "Ingress":
            yield from _class(one)
            yield from _addresses(one)
            yield from _every_host(one, ("spec", "rules"), _hosts(one.old.data), _hosts(one.new.data))
        elif (one.new.group, one.new.kind) == ("", "Service"):
            yield from _service(one)


def _match(one: ResourceChange, message: str, path: Path, quote: str = "") -> Match:
    return Match(message, _REMEDY, one.new_entry, one.new, path, key=message, quote=quote)


def _routed(one: ResourceChange) -> Iterator[Match]:
    assert one.old is not None and one.new is not None  # noqa: S101 - the caller looked
    before = [parent for _, parent in _parents(one.old.data, one.old.namespace)]
    now = list(_parents(one.new.data, one.new.namespace))
    left = [parent for parent in before if not any(parent[:3] == other[:3] for _, other in now)]
    for at, parent in now:
        if not any(parent.within(other) for other in before):
            instead = f", no more through {few(map(str, left))}" if left else ", too"
            message = f"reached through {parent} now{instead if before else ''}"
            yield _match(one, message, ("spec", "parentRefs", at, "name"), parent.name)


def _parents(data: Any, namespace: str) -> Iterator[tuple[int, _Parent]]:
    for at, one in items(obj(data, "spec"), "parentRefs"):
        yield (
            at,
            _Parent(
                text(one, "kind") or "Gateway",
                text(one, "namespace") or namespace,
                text(one, "name"),
                text(one, "sectionName"),
                f"port {one['port']}" if one.get("port") is not None else "",
            ),
        )


def _class(one: ResourceChange) -> Iterator[Match]:
    assert one.old is not None and one.new is not None  # noqa: S101 - the caller looked
    before, _ = _class_of(one.old.data, one.old.annotations)
    now, path = _class_of(one.new.data, one.new.annotations)
    if before != now:
        shown = [name or "the default" for name in (now, before)]
        yield _match(one, f"served by class {shown[0]} now, no more by {shown[1]}", path, now)


def _class_of(data: Any, annotations: Any) -> tuple[str, Path]:
    own = text(annotations, _CLASS)
    if own:
        return own, ("metadata", "annotations", _CLASS)
    return text(obj(data, "spec"), "ingressClassName"), ("spec", "ingressClassName")


def _addresses(one: ResourceChange) -> Iterator[Match]:
    assert one.old is not None and one.new is not None  # noqa: S101 - the caller looked
    before = next((text(one.old.annotations, name) for name in _ADDRESSES if text(one.old.annotations, name)), "")
    if before and not any(text(one.new.annotations, name) for name in _ADDRESSES):
        yield _match(one, f"open to every address now, not to {before} alone", ("metadata", "annotations"))


def _every_host(one: ResourceChange, path: Path, before: set[str], now: set[str]) -> Iterator[Match]:
    """A wildcard that is new, or no host at all."""
    for host in sorted(now - before):
        if host == "" or host.startswith("*"):
            what = f"every host below {host[2:]}" if host else "every host"
            yield _match(one, f"answers for {what} now", path, host)


def _hosts(data: Any) -> set[str]:
    return {text(rule, "host") for _, rule in items(obj(data, "spec"), "rules")}


def _hostnames(data: Any) -> set[str]:
    return set(texts(obj(data, "spec"), "hostnames")) or {""}


def _service(one: ResourceChange) -> Iterator[Match]:
    assert one.old is not None and one.new is not None  # noqa: S101 - the caller looked
    before, now = (text(obj(state.data, "spec"), "type") or "ClusterIP" for state in (one.old, one.new))
    if before != now and now in _OUTSIDE and before != "LoadBalancer":
        yield _match(one, f"reached {_OUTSIDE[now]} now", ("spec", "type"), now)
