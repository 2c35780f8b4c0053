"""A query asks a label of a metric that the metric does not have.

The selector finds nothing. Labels that a target brings along (job, namespace, pod ...), that relabeling or Prometheus
adds, and `exported_` ones are always allowed.

Bad:

    # the exporter has the label `endpoint`
    expr: rate(feast_feature_server_request_total{path="/get-online-features"}[5m])

Good:

    expr: rate(feast_feature_server_request_total{endpoint="/get-online-features"}[5m])
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.grafana import STAND_IN
from presync.observability.producers import Producers, producers
from presync.observability.promql import Selector
from presync.observability.queries import queries
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "OBS004"
NAME = "metric-label-unknown"
SEVERITY = Severity.WARNING


def check(platform: Platform) -> Iterator[Match]:
    """Each metric and label once per query."""
    for query in queries(platform):
        known = producers(platform, query.entry.environment)
        seen = set()
        for selector in query.parsed.selectors:
            for label, labels in _missing(known, selector):
                if (selector.name, label) not in seen:
                    seen.add((selector.name, label))
                    yield Match(
                        f"{query.title}: {selector.name} has no label {label}",
                        f"It has {', '.join(sorted(labels)) or 'none of its own'}, besides those of its target.",
                        query.entry,
                        query.resource,
                        query.path,
                        cause=f"label {selector.name} {label}",
                        quote=selector.name,
                    )


def _missing(known: Producers, selector: Selector) -> Iterator[tuple[str, frozenset[str]]]:
    brought = known.scraped.labels
    verdict = known.find(selector.name)
    if not known.scraped.monitored or brought is None or not verdict.known or verdict.labels is None:
        return
    for matcher in selector.matchers:
        name = matcher.name
        free = name in brought or name.startswith(("exported_", "__")) or STAND_IN in name
        if matcher.wants and not free and name not in verdict.labels:
            yield name, verdict.labels
