"""A container requests more than its limit.

Bad:

    resources:
      requests: {memory: 2Gi}
      limits: {memory: 1Gi}

Good:

    resources:
      requests: {memory: 1Gi}
      limits: {memory: 1Gi}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.platform.validation.containers import resources
from presync.platform.violation import Category
from presync.rules.kubernetes import matches
from presync.rules.model import Match

ID = "K8S022"
NAME = "request-over-limit"
SEVERITY = Severity.ERROR


# Custom resources of which an operator makes Pods, with these resources as they stand.
_OPERATED = ("Alertmanager", "Prometheus", "PrometheusAgent", "ThanosRuler")


def check(platform: Platform) -> Iterator[Match]:
    """What the API server would say, also to the Pods that the Prometheus operator makes."""
    yield from matches(platform, Category.RESOURCES)
    for kind in _OPERATED:
        for entry, resource in index(platform).of_kind("monitoring.coreos.com", kind):
            for one in resources(obj(resource.data, "spec", "resources"), ("spec", "resources")):
                if one.category is Category.RESOURCES:
                    yield Match(one.message, one.remedy, entry, resource, one.path)
