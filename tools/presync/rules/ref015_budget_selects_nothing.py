"""A PodDisruptionBudget selects no Pod.

It protects nothing.

Bad:

    kind: PodDisruptionBudget
    spec:
      selector:
        matchLabels: {app: redis-server}

Good:

    kind: PodDisruptionBudget
    spec:
      selector:
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

ID = "REF015"
NAME = "budget-selects-nothing"
SEVERITY = Severity.WARNING
PATH = ("spec", "selector")


def check(platform: Platform) -> Iterator[Match]:
    """Every selector, against the Pods of its namespace."""
    found = selection(platform)
    for entry, resource in index(platform).of_kind("policy", "PodDisruptionBudget"):
        selector = obj(resource.data, "spec", "selector")
        cluster = entry.application.destination.cluster
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
