"""An Ingress sends to a port that its Service does not have.

Bad:

    # the Service has the port http (80)
    backend:
      service: {name: feast, port: {number: 6566}}

Good:

    backend:
      service: {name: feast, port: {name: http}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.references.kinds import ingress_backends
from presync.platform.validation.access import Object, items, obj, text
from presync.rules.model import Match

ID = "REF008"
NAME = "service-port-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every backend of every Ingress whose Service is known."""
    known = index(platform)
    for entry, resource in known.of_kind("networking.k8s.io", "Ingress"):
        cluster = entry.application.destination.cluster
        for name, path, wanted in ingress_backends(resource.data):
            services = known.named(cluster, resource.namespace, "Service", name)
            ports = [port for _, service in services for _, port in items(obj(service.data, "spec"), "ports")]
            value = wanted.get("name") or wanted.get("number")
            field = "name" if wanted.get("name") else "number"
            if not services or value is None or is_external(services[0][1].data):
                continue
            if all(port.get("name" if field == "name" else "port") != value for port in ports):
                shown = ", ".join(f"{text(port, 'name') or '-'} ({port.get('port')})" for port in ports) or "none"
                yield Match(
                    f"Service {resource.namespace}/{name} has no port {value}",
                    f"Ports it has: {shown}.",
                    entry,
                    resource,
                    (*path[:-1], "port", field),
                    cause=f"{cluster} {resource.namespace}/{name} {value}",
                    quote=str(value),
                )


def is_external(data: Object) -> bool:
    """A name in another network: its ports are nobody's business here."""
    return text(obj(data, "spec"), "type") == "ExternalName"
