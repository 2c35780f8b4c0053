"""A query is not PromQL, or its types do not fit.

Prometheus (or the operator) drops a rule it cannot parse, and with it an alert; a panel shows an error. Looked at are
the rules of PrometheusRules, and the queries of Grafana dashboards in ConfigMaps, with Grafana's variables replaced
first.

Bad:

    # rate wants a range
    - alert: Errors
      expr: rate(http_errors_total) > 1

Good:

    - alert: Errors
      expr: rate(http_errors_total[5m]) > 1
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.collectors import speaks_metricsql
from presync.observability.queries import Query, queries
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "OBS001"
NAME = "promql-invalid"
SEVERITY = Severity.ERROR
_NAME = re.compile(r"[A-Za-z_:][\w:]{5,}")
_REMOVED = "unknown function with name 'holt_winters'"


def check(platform: Platform) -> Iterator[Match]:
    """Every query that cannot be evaluated."""
    dialect = speaks_metricsql(platform)
    for query in queries(platform):
        error = query.parsed.error
        if error and not query.guessed and not (dialect and query.dashboard):
            removed = error == _REMOVED
            remedy = (
                "Prometheus 3 calls it double_exponential_smoothing." if removed else f"The query: {_short(query.expr)}"
            )
            yield _match(query, f"{query.title}: {error}", remedy)
        elif not query.dashboard and query.parsed.type in ("matrix", "string"):
            yield _match(query, f"{query.title} gives a {query.parsed.type}, and a rule needs a vector or a number")


def _match(query: Query, message: str, remedy: str = "") -> Match:
    return Match(
        message,
        remedy,
        query.entry,
        query.resource,
        query.path,
        key=f"{query.title} {query.expr}",
        quote=_quote(query),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else line[:117] + "..."


def _quote(query: Query) -> str:
    """What its line has: of a dashboard the text, which is one line there; of a rule the first name, as YAML folds."""
    names = _NAME.findall(query.expr)
    return query.expr.split("\n")[0] if query.dashboard or not names else names[0]
