"""No Prometheus takes a monitor or a rule.

The operator leaves it out without a word: nothing is scraped, no alert fires. It is taken where the label selectors for
objects and for namespaces of a Prometheus (or ThanosRuler, or Alertmanager) fit; a selector that is not there takes
nothing.

Bad:

    # the Prometheus has ruleSelector: {matchLabels: {environment: dev}}
    kind: PrometheusRule
    metadata: {name: redis}

Good:

    kind: PrometheusRule
    metadata: {name: redis, labels: {environment: dev}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.sync import is_applied
from presync.base.finding import Severity
from presync.observability.collectors import other_readers
from presync.observability.selecting import GROUP, SELECTORS, selecting
from presync.platform.index import index
from presync.platform.model import Platform
from presync.platform.validation.access import obj
from presync.rules.model import Match

ID = "OBS016"
NAME = "monitoring-object-unselected"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Every monitor, rule and AlertmanagerConfig in a cluster with something that selects its kind."""
    if other_readers(platform):
        return
    used = {
        (
            entry.application.destination.cluster,
            resource.namespace,
            obj(resource.data, "spec", "alertmanagerConfiguration").get("name"),
        )
        for entry, resource in index(platform).of_kind(GROUP, "Alertmanager")
    }
    for kind in dict.fromkeys(kind for kinds in SELECTORS.values() for kind in kinds):
        for entry, resource in index(platform).of_kind(GROUP, kind):
            cluster = entry.application.destination.cluster
            if any(one.rendered.error and one.environment == entry.environment for one in platform.entries):
                continue  # what selects it may be what did not render
            able = [
                one
                for one in selecting(platform)
                if one.kind == kind and one.entry.application.destination.cluster == cluster
            ]
            if not able or not is_applied(resource.annotations) or (cluster, resource.namespace, resource.name) in used:
                continue
            if all(one.takes(platform, entry, resource) is False for one in able):
                fields = able[0].fields
                yield Match(
                    f"no {able[0].resource.kind} takes it: {_names([str(one.resource) for one in able])}",
                    f"Compare its labels with {fields[0]}, and those of its namespace with {fields[1]}.",
                    entry,
                    resource,
                    ("metadata", "labels"),
                )


def _names(listed: list[str]) -> str:
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
