"""A NetworkPolicy selects no Pod.

It neither protects nor opens anything. An empty selector takes every Pod and is fine, and so are the labels of Pods
that a controller makes, such as those of cert-manager's HTTP-01 solver.

Bad:

    kind: NetworkPolicy
    spec:
      podSelector:
        matchLabels: {app: redis-server}

Good:

    kind: NetworkPolicy
    spec:
      podSelector:
        matchLabels: {app: redis}
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

ID = "REF016"
NAME = "network-policy-selects-nothing"
SEVERITY = Severity.WARNING
PATH = ("spec", "podSelector")
# Labels of Pods that a controller makes while it works, and that no manifest holds.
MADE_BY_CONTROLLERS = frozenset({"acme.cert-manager.io/http01-solver"})


def check(platform: Platform) -> Iterator[Match]:
    """Every selector, against the Pods of its namespace."""
    found = selection(platform)
    for entry, resource in index(platform).of_kind("networking.k8s.io", "NetworkPolicy"):
        selector = obj(resource.data, "spec", "podSelector")
        cluster = entry.application.destination.cluster
        if MADE_BY_CONTROLLERS & obj(selector, "matchLabels").keys():
            continue
        if not selector or found.pods(cluster, resource.namespace, selector):
            continue
        message, severity = selects_nothing(
            f"no Pod in {resource.namespace} has the labels it selects", found.maker(cluster, resource.namespace)
        )
        odd = stranger(partial(found.pods, cluster, resource.namespace), obj(selector, "matchLabels"))
        remedy = "Compare the labels of the Pod templates."
        path = (*PATH, "matchLabels", odd) if odd else PATH
        quote = str(obj(selector, "matchLabels").get(odd) or "")
        yield Match(message, remedy, entry, resource, path, severity=severity, quote=quote)
