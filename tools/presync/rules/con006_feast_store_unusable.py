"""feature_store.yaml cannot be used by those who read it.

The host of the online store, where it is one of the cluster, is a Service that this environment has. Feast replaces
`${NAME}` by a variable of its own environment and stops where there is none; a password belongs into one that comes
from a Secret. Whether the Service has the port, and whether the Secret is there, is checked for every address and every
Secret (REF003, REF004, REF026).

Bad:

    online_store:
      type: redis
      connection_string: "redis.redis-dev.svc,password=${REDIS_PASSWORD}"
    # Deployment feast-server, no variable REDIS_PASSWORD

Good:

    online_store:
      type: redis
      connection_string: "redis.redis-dev.svc:6379,password=${REDIS_PASSWORD}"
    # Deployment feast-server
    env:
      - name: REDIS_PASSWORD
        valueFrom: {secretKeyRef: {name: feast-redis, key: password}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base import goyaml
from presync.base.finding import Severity
from presync.contract.parts import FEAST, Container, Part, Reader, parts
from presync.contract.reading import runs_feast
from presync.platform.model import Platform
from presync.platform.references import Reference, resolver
from presync.platform.references.hosts import hosts
from presync.platform.references.resolve import Outcome
from presync.platform.validation.access import items, obj, text
from presync.rules.model import Match

ID = "CON006"
NAME = "feast-store-unusable"
SEVERITY = Severity.ERROR

_VARIABLE = re.compile(r"\$\{([^}]*)\}|\$([A-Za-z_]\w*)")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}")


def check(platform: Platform) -> Iterator[Match]:
    """The file itself, then every container that runs Feast on it."""
    contract = parts(platform)
    for part in contract.with_file(FEAST):
        try:
            data = goyaml.load(part.files[FEAST])
        except goyaml.GoYamlError as error:
            yield _of_file(part, f"{FEAST} is not YAML: {error}", "Correct the template that renders it.")
            continue
        for key in ("project", "registry", "online_store"):
            if not isinstance(data, dict) or not data.get(key):
                yield _of_file(part, f"{FEAST} has no {key}", "Correct the template that renders it.")
        store = obj(data, "online_store")
        if text(store, "type") == "redis":
            yield from _redis(part, text(store, "connection_string"))
            yield from _services(platform, part, text(store, "connection_string"))
        wanted = {match[1] or match[2] or "" for match in _VARIABLE.finditer(part.files[FEAST])}
        for name in sorted(wanted):
            if not _NAME.fullmatch(name):
                yield _of_file(part, f"{FEAST} has ${{{name}}}, and Feast knows names only", "Write ${NAME}.")
        for reader in contract.readers:
            for container in reader.containers:
                if part in {mount.part for mount in container.mounts} and runs_feast(container):
                    yield from _variables(reader, container, wanted, part.files[FEAST])


def _redis(part: Part, connection: str) -> Iterator[Match]:
    pieces = [piece.strip() for piece in connection.split(",")]
    addresses = [piece for piece in pieces if "=" not in piece]
    if not addresses or not all(_ADDRESS.fullmatch(piece) for piece in addresses):
        yield _of_file(
            part,
            "the connection string of the online store does not begin with HOST:PORT",
            "Feast takes HOST:PORT[,HOST:PORT…][,OPTION=VALUE…].",
        )
    for piece in pieces:
        name, _, value = piece.partition("=")
        if name == "password" and value and not _VARIABLE.fullmatch(value):
            yield _of_file(
                part,
                "the password of the online store stands in the connection string",
                "Write password=${REDIS_PASSWORD}, and take the variable from a Secret. Change the password.",
            )


def _services(platform: Platform, part: Part, connection: str) -> Iterator[Match]:
    known = resolver(platform)
    for host in hosts(connection):
        if not host.full or host.below or len(host.labels) < 2:
            continue
        name, namespace = host.labels[:2]
        reference = Reference(part.entry, part.resource, ("data", FEAST), "Service", namespace, name)
        outcome = known.resolve(reference).outcome
        dark = known.in_the_dark(reference.cluster, namespace)
        if outcome is not Outcome.FOUND and not dark:  # an Application that does not render may have it
            where = "belongs to another environment" if outcome is Outcome.ELSEWHERE else "is nowhere in this tree"
            yield _of_file(
                part,
                f"the online store is {host.text}, and Service {namespace}/{name} {where}",
                "Correct global.redis.host; declare a Service of somebody else under `objects:` in presync.yaml.",
            )


def _variables(reader: Reader, container: Container, wanted: set[str], content: str) -> Iterator[Match]:
    if next(items(container.data, "envFrom"), None):
        return  # whatever stands there
    plain = {name for name, value in container.variables.items() if value}
    for name in sorted(one for one in wanted if _NAME.fullmatch(one)):
        if name not in container.variables:
            message = f"container {container.name} of {reader} has no variable {name}, which {FEAST} asks for"
            remedy = "Take it from a Secret, by valueFrom.secretKeyRef."
            cause = "missing"
        elif name in plain and f"password=${{{name}}}" in content:
            message = f"container {container.name} of {reader} has the password {name} in the clear"
            remedy = "Take it from a Secret, by valueFrom.secretKeyRef. Change the password."
            cause = "plain"
        else:
            continue
        yield Match(
            message,
            remedy,
            reader.entry,
            reader.resource,
            container.variable(name),
            cause=f"{reader.entry.name} {name} {cause}",
            key=f"{container.name} {name}",
        )


def _of_file(part: Part, message: str, remedy: str) -> Match:
    return Match(message, remedy, part.entry, part.resource, ("data", FEAST), key=message)
