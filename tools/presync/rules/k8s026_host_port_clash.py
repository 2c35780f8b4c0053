"""Two workloads want the same port of the node.

The second Pod is never scheduled on a node that has the first. With two DaemonSets that is every node.

Bad:

    # DaemonSet a and DaemonSet b
    ports: [{containerPort: 9100, hostPort: 9100}]

Good:

    # b
    ports: [{containerPort: 9100, hostPort: 9101}]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.pods import Pod, mappings, pods

ID = "K8S026"
NAME = "host-port-clash"
SEVERITY = Severity.WARNING


@dataclass(frozen=True, slots=True)
class _Wish:
    pod: Pod
    path: tuple[str | int, ...]
    port: int
    protocol: str
    address: str

    @property
    def everywhere(self) -> bool:
        """On every node, as far as can be seen here."""
        return self.pod.resource.kind == "DaemonSet" and not self.pod.spec.spec.get("nodeSelector")

    def meets(self, other: _Wish) -> bool:
        """Whether both cannot be on one node."""
        addresses = {self.address, other.address}
        return (
            self.pod.resource is not other.pod.resource
            and (self.port, self.protocol) == (other.port, other.protocol)
            and (len(addresses) == 1 or bool(addresses & {"", "0.0.0.0", "::"}))  # noqa: S104 - compared, not bound
            and self.pod.entry.application.destination.cluster == other.pod.entry.application.destination.cluster
        )


def check(platform: Platform) -> Iterator[Match]:
    """Every pair; an error where both run on every node."""
    wishes = [wish for pod in pods(platform) for wish in _wishes(pod)]
    for at, wish in enumerate(wishes):
        for other in wishes[:at]:
            if not wish.meets(other) or _apart(wish.pod.spec.spec, other.pod.spec.spec):
                continue
            both = wish.everywhere and other.everywhere
            yield Match(
                f"port {wish.port}/{wish.protocol} of the node is also wanted by {other.pod.resource} "
                f"(Application {other.pod.entry.name})",
                "Choose another hostPort, or keep them on different nodes with nodeSelector.",
                wish.pod.entry,
                wish.pod.resource,
                wish.path,
                severity=Severity.ERROR if both else None,
            )
            break


def _wishes(pod: Pod) -> Iterator[_Wish]:
    network = pod.spec.spec.get("hostNetwork") is True
    for path, container in pod.containers():
        for at, port in mappings(container.get("ports")):
            wanted = port.get("hostPort") or (port.get("containerPort") if network else None)
            if isinstance(wanted, int):
                field = "hostPort" if port.get("hostPort") else "containerPort"
                yield _Wish(
                    pod,
                    (*path, "ports", at, field),
                    wanted,
                    str(port.get("protocol") or "TCP"),
                    str(port.get("hostIP") or ""),
                )


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether their node selectors contradict each other."""
    first, second = one.get("nodeSelector"), other.get("nodeSelector")
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return False
    return any(key in second and second[key] != value for key, value in first.items())
