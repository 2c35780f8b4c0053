"""A Service sends to a port number that none of its Pods declares.

Containers may listen without saying so, hence a warning, and only where every Pod declares other ports.

Bad:

    # Service
    ports: [{port: 80, targetPort: 8080}]
    # container
    ports: [{name: http, containerPort: 8000}]

Good:

    # Service
    ports: [{port: 80, targetPort: http}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.validation.access import items, obj, text
from presync.rules.model import Match
from presync.rules.named_services import targets

ID = "REF028"
NAME = "target-port-closed"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every port of every Service; without targetPort it is the Service's own number."""
    for entry, resource in index(platform).of_kind("", "Service"):
        spec = obj(resource.data, "spec")
        if text(spec, "type") == "ExternalName" or text(spec, "clusterIP") == "None":
            continue  # the ports of a headless Service translate nothing
        pods = targets(platform, entry.application.destination.cluster, resource)
        if not pods or any(not pod.numbers for pod in pods):
            continue
        open_ports = sorted({number for pod in pods for number in pod.numbers})
        for at, port in items(spec, "ports"):
            wanted = port.get("targetPort", port.get("port"))
            if isinstance(wanted, int) and wanted not in open_ports:
                field = "targetPort" if "targetPort" in port else "port"
                yield Match(
                    f"no Pod it selects declares the port {wanted}",
                    f"Ports they declare: {', '.join(map(str, open_ports))}.",
                    entry,
                    resource,
                    ("spec", "ports", at, field),
                )
