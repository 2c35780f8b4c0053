"""A text names a port that its Service does not have.

The connection is refused or hangs. With `http` and `https` and no port, 80 and 443 are meant (a warning, since a
program may add the port). The name of a Pod, and of a Service without address (`clusterIP: None`), leads to the Pods
themselves: there the ports of their containers count.

Bad:

    # the Service has the port 6379
    args: ["--redis=redis.redis-dev.svc:6380"]

Good:

    args: ["--redis=redis.redis-dev.svc:6379"]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.platform.validation.access import text
from presync.rules.model import Match
from presync.rules.named_services import Named, named, place, targets

ID = "REF026"
NAME = "named-port-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every name with a port whose Service is rendered."""
    for one in named(platform):
        port = one.edge.host.port
        if port is None or not one.ports or any(own.get("port") == port for own in one.ports):
            continue
        if one.headless and not _closed(platform, one, port):
            continue
        shown = ", ".join(f"{own.get('port')}{_named(text(own, 'name'))}" for own in one.ports)
        yield Match(
            f"{place(one.edge)}: Service {one.service.namespace}/{one.service.name} has no port {port}",
            f"Ports it has: {shown}.",
            one.edge.entry,
            one.edge.resource,
            one.edge.path,
            severity=Severity.WARNING if one.edge.host.implied else None,
            cause=f"{one.edge.cluster} {one.service.namespace}/{one.service.name} {port}",
            key=f"{one.service.namespace}/{one.service.name} {port}",
        )


def _closed(platform: Platform, one: Named, port: int) -> bool:
    """Whether all Pods say what they open, and none opens the port."""
    pods = targets(platform, one.edge.cluster, one.service)
    return bool(pods) and all(pod.numbers and port not in pod.numbers for pod in pods)


def _named(name: str) -> str:
    return f" ({name})" if name else ""
