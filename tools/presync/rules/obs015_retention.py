"""Prometheus keeps more than its volume holds, or nobody said how much it keeps.

A full volume stops Prometheus, and with it all alerts; `retentionSize` is what prevents that. It should leave a tenth
of the volume for the write-ahead log and compaction. Without `retention` the operator keeps 24 hours.

Bad:

    kind: Prometheus
    spec:
      retentionSize: 50GB
      storage:
        volumeClaimTemplate: {spec: {resources: {requests: {storage: 50Gi}}}}

Good:

    kind: Prometheus
    spec:
      retention: 15d
      retentionSize: 42GB
      storage:
        volumeClaimTemplate: {spec: {resources: {requests: {storage: 50Gi}}}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Entry, Platform
from presync.platform.validation.access import obj, text
from presync.platform.validation.quantities import quantity
from presync.render.model import Resource
from presync.rules.model import Match

ID = "OBS015"
NAME = "retention"
SEVERITY = Severity.ERROR
_GROUP = "monitoring.coreos.com"
_SIZE = re.compile(r"([0-9]*\.?[0-9]+)([KMGTPE]?)i?B")
_USABLE = Decimal("0.9")


def check(platform: Platform) -> Iterator[Match]:
    """Every Prometheus with a volume whose size is known."""
    for entry, resource in index(platform).of_kind(_GROUP, "Prometheus"):
        volume = _volume(platform, entry, resource)
        if volume is None:
            continue
        spec = obj(resource.data, "spec")
        limit, shown = _bytes(text(spec, "retentionSize")), _gigabytes(volume)
        path, severity = ("spec", "retentionSize"), SEVERITY
        remedy = f"At most {int(volume * _USABLE // 1024**3)}GB fit; Prometheus counts 1GB as 1024³ bytes."
        if not limit:
            severity = Severity.INFO if text(spec, "retention") else Severity.WARNING
            message = f"no retentionSize, so nothing keeps Prometheus from filling its volume of {shown}"
        elif limit >= volume:
            message = f"retentionSize {spec['retentionSize']} is not below the volume of {shown}"
        elif limit > volume * _USABLE:
            severity = Severity.WARNING
            message = f"retentionSize {spec['retentionSize']} leaves less than a tenth of the volume of {shown}"
        else:
            if text(spec, "retention"):
                continue
            path, severity = ("spec", "retention"), Severity.INFO
            message, remedy = "no retention, so the operator keeps 24 hours", "Say how long metrics are kept."
        yield Match(message, remedy, entry, resource, path, severity=severity)


def _volume(platform: Platform, entry: Entry, resource: Resource) -> Decimal | None:
    """The smaller of what the template asks for and of the claim that is there already under the template's name."""
    storage = obj(resource.data, "spec", "storage")
    template = obj(storage, "volumeClaimTemplate")
    sizes = [
        quantity(obj(template, "spec", "resources", "requests").get("storage")),
        quantity(obj(storage, "ephemeral", "volumeClaimTemplate", "spec", "resources", "requests").get("storage")),
        quantity(obj(storage, "emptyDir").get("sizeLimit")),
    ]
    if template:
        stem = text(obj(template, "metadata"), "name") or f"prometheus-{resource.name}-db"
        name = f"{stem}-prometheus-{resource.name}-0"
        cluster = entry.application.destination.cluster
        for _, claim in index(platform).named(cluster, resource.namespace, "PersistentVolumeClaim", name):
            sizes.append(quantity(obj(claim.data, "spec", "resources", "requests").get("storage")))
    return min((size for size in sizes if size), default=None)


def _bytes(text_: str) -> Decimal:
    """A size as Prometheus reads it: decimal and binary units are the same (alecthomas/units, Base2Bytes)."""
    match = _SIZE.fullmatch(text_)
    return Decimal(match[1]) * Decimal(1024) ** "_KMGTPE".index(match[2] or "_") if match else Decimal(0)


def _gigabytes(size: Decimal) -> str:
    return f"{(size / 1024**3).normalize():f} GiB" if size >= 1024**3 else f"{int(size / 1024**2)} MiB"
