"""A probe, or a lifecycle hook, asks a port by a name that the container does not have.

The kubelet cannot find the port, so the probe fails for ever and the container is restarted or never ready.

Bad:

    ports: [{name: http, containerPort: 8080}]
    readinessProbe: {httpGet: {port: web}}

Good:

    ports: [{name: http, containerPort: 8080}]
    readinessProbe: {httpGet: {port: http}}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.pods import mappings, pods

ID = "K8S025"
NAME = "probe-port-missing"
SEVERITY = Severity.ERROR
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_HOOKS = ("postStart", "preStop")
_ACTIONS = ("httpGet", "tcpSocket")


def check(platform: Platform) -> Iterator[Match]:
    """Every handler that names a port."""
    for pod in pods(platform):
        for path, container in pod.containers():
            names = {str(port.get("name")) for _, port in mappings(container.get("ports")) if port.get("name")}
            for place, port in _asked(container):
                if isinstance(port, str) and not port.isdigit() and port not in names:
                    close = difflib.get_close_matches(port, sorted(names), 1, 0.5)
                    there = f"It has: {', '.join(sorted(names))}." if names else "It names no port."
                    yield Match(
                        f"container {container.get('name')} has no port named {port}",
                        f"Did you mean {close[0]}?" if close else there,
                        pod.entry,
                        pod.resource,
                        (*path, *place),
                        quote=port,
                    )


def _asked(container: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    lifecycle = container.get("lifecycle")
    handlers: list[tuple[tuple[str, ...], Any]] = [((name,), container.get(name)) for name in _PROBES]
    if isinstance(lifecycle, Mapping):
        handlers += [(("lifecycle", name), lifecycle.get(name)) for name in _HOOKS]
    for place, handler in handlers:
        for action in _ACTIONS:
            asked = handler.get(action) if isinstance(handler, Mapping) else None
            if isinstance(asked, Mapping) and asked.get("port") is not None:
                yield (*place, action, "port"), asked["port"]
