"""A NetworkPolicy goes, or lets more in or out than before.

An edge to one more peer that is named is good to know; one to everybody is a warning.

Bad:

    # the default deny of a namespace is not rendered any more

Good:

    # one more edge, by namespace and port
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from presync.base.finding import Severity
from presync.change.model import Change, ResourceChange
from presync.platform.validation.access import items, obj
from presync.rules.changes import below, change_entry, gone
from presync.rules.model import Match

ID = "CHG010"
NAME = "network-opened"
SEVERITY = Severity.WARNING
_PEERS = {"ingress": "from", "egress": "to"}
_ALL = ("0.0.0.0/0", "::/0")
_NAMESPACE = "kubernetes.io/metadata.name"
_EVERYBODY, _EVERY_PORT = "everybody", "every port"
_REMEDY = "Name who may, and the port; check that whoever is let in needs it."


def change(change: Change) -> Iterator[Match]:
    """Every policy that is removed, and every edge of another one that is new."""
    for one in change.resources:
        if one.resource.kind != "NetworkPolicy":
            continue
        if one.kind == "removed":
            if one.old_entry is not None and change_entry(change, one.old_entry) is one.old_entry:
                continue  # its Application is gone, with everything it closed
            yield gone(change, one, "the policy is gone: what it closed is open", "Keep it, or say why in a waiver.")
        elif one.old is not None and one.new is not None:
            yield from _covered(one)
            for direction in _PEERS:
                yield from _opened(one, direction)


def _covered(one: ResourceChange) -> Iterator[Match]:
    for field in ("podSelector", "policyTypes"):
        for difference in below(one.differences, "spec", field):
            yield Match(
                "the policy holds for other Pods or directions now",
                "Check what is not covered any more.",
                one.new_entry,
                one.new,
                difference.head,
                key=field,
            )
            break


def _opened(one: ResourceChange, direction: str) -> Iterator[Match]:
    assert one.old is not None and one.new is not None  # noqa: S101 - the caller looked
    before = {(peer, port) for _, peer, port, _ in _edges(one.old.data, direction)}
    everywhere = {peer for peer, port in before if port == _EVERY_PORT}
    anybody = {port for peer, port in before if peer == _EVERYBODY}
    told: set[tuple[str, str]] = set()
    for at, peer, port, wide in _edges(one.new.data, direction):
        known = (peer, port) in before or peer in everywhere or port in anybody or _EVERY_PORT in anybody
        if known or (peer, port) in told:
            continue
        told.add((peer, port))
        way = "in from" if direction == "ingress" else "out to"
        yield Match(
            f"lets {way} {peer} on {port} now",
            _REMEDY,
            one.new_entry,
            one.new,
            ("spec", direction, at),
            severity=None if wide else Severity.INFO,
            key=f"{direction} {peer} {port}",
        )


def _edges(data: Any, direction: str) -> Iterator[tuple[int, str, str, bool]]:
    """Each peer with each port that a rule lets through: the rule's index, both as text, and whether that is all."""
    for at, rule in items(obj(data, "spec"), direction):
        peers = [_peer(peer) for _, peer in items(rule, _PEERS[direction])] or [(_EVERYBODY, True)]
        ports = [_port(port) for _, port in items(rule, "ports")] or [_EVERY_PORT]
        for peer, wide in peers:
            for port in ports:
                yield at, peer, port, wide


def _peer(peer: Any) -> tuple[str, bool]:
    """Who it is, and whether that is anybody."""
    block, space, pods = obj(peer, "ipBlock"), peer.get("namespaceSelector"), peer.get("podSelector")
    if block:
        kept = f" but {', '.join(map(str, block['except']))}" if block.get("except") else ""
        return f"{block.get('cidr')}{kept}", block.get("cidr") in _ALL and not kept
    of = _selected(pods) if pods else "every Pod"
    if space is None:
        return f"{of} of its own namespace", False
    name = obj(space, "matchLabels").get(_NAMESPACE)
    if name is not None and len(space) == 1 and len(space["matchLabels"]) == 1:
        return f"{of} of namespace {name}", False
    return (f"{of} of namespaces with {_selected(space)}", False) if space else (f"{of} of every namespace", not pods)


def _selected(selector: Any) -> str:
    labels = obj(selector, "matchLabels")
    if labels and len(selector) == 1:
        return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return json.dumps(selector, sort_keys=True)


def _port(port: Any) -> str:
    end = f"-{port['endPort']}" if port.get("endPort") else ""
    number = f"port {port['port']}{end}" if port.get("port") is not None else _EVERY_PORT
    protocol = port.get("protocol") or "TCP"
    return number if protocol == "TCP" else f"{number} ({protocol})"
