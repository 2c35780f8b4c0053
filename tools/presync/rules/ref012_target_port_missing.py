"""A Service sends to a port name that none of its Pods has.

The endpoints have no port, so nothing answers.

Bad:

    # Service
    ports: [{port: 80, targetPort: http}]
    # container
    ports: [{name: web, containerPort: 8080}]

Good:

    # Service
    ports: [{port: 80, targetPort: web}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.references import selection
from presync.platform.validation.access import items, obj, text
from presync.rules.model import Match

ID = "REF012"
NAME = "target-port-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every named targetPort, against the Pods the Service selects."""
    found = selection(platform)
    for entry, resource in index(platform).of_kind("", "Service"):
        selector = obj(resource.data, "spec", "selector")
        if not selector:
            continue
        cluster = entry.application.destination.cluster
        pods = found.pods(cluster, resource.namespace, {"matchLabels": selector})
        names = {name for pod in pods for name in pod.ports}
        for at, port in items(obj(resource.data, "spec"), "ports"):
            target = text(port, "targetPort")
            if pods and target and target not in names:
                yield Match(
                    f"no Pod it selects has a port named {target}",
                    f"Named ports there are: {', '.join(sorted(names)) or 'none'}.",
                    entry,
                    resource,
                    ("spec", "ports", at, "targetPort"),
                )
