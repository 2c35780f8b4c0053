"""A Service selects no Pod.

It has no endpoints, so everything that calls it fails. Labels that controllers give later are not expected of a
template.

Bad:

    kind: Service
    spec:
      selector: {app.kubernetes.io/name: redis-server}

Good:

    kind: Service
    spec:
      selector: {app.kubernetes.io/name: redis}
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from presync.base.finding import Severity
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.references import selection
from presync.platform.validation.access import obj
from presync.rules.model import Match
from presync.rules.references import selects_nothing, stranger

ID = "REF011"
NAME = "service-selects-nothing"
SEVERITY = Severity.WARNING
PATH = ("spec", "selector")


def check(platform: Platform) -> Iterator[Match]:
    """Every selector, against the Pods of its namespace."""
    found = selection(platform)
    for entry, resource in index(platform).of_kind("", "Service"):
        selector = obj(resource.data, "spec", "selector")
        cluster = entry.application.destination.cluster
        if not selector or found.pods(cluster, resource.namespace, {"matchLabels": selector}):
            continue
        message, severity = selects_nothing(
            f"no Pod in {resource.namespace} has the labels it selects", found.maker(cluster, resource.namespace)
        )
        odd = stranger(partial(found.pods, cluster, resource.namespace), selector)
        remedy = "Compare the labels of the Pod templates."
        path = (*PATH, odd) if odd else PATH
        quote = str(selector.get(odd) or "")
        yield Match(message, remedy, entry, resource, path, severity=severity, quote=quote)
