"""Whether some metrics exist cannot be told, because something is scraped that presync has no table of.

Said once per environment, with the names and with what may produce them. List the names under `metrics:` in
presync.yaml to have the rest judged.

Bad:

    # billing is scraped, and nothing says which metrics it has
    expr: billing_invoices_total > 0

Good:

    # presync.yaml
    metrics:
      - names: [billing_*]
        why: our billing service counts invoices
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.producers import Producers, producers
from presync.observability.queries import Query, queries
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "OBS003"
NAME = "metric-undetermined"
SEVERITY = Severity.INFO
_SHOWN = 6


def check(platform: Platform) -> Iterator[Match]:
    """One finding for each environment with such names, where the first of them is."""
    names: dict[str, dict[str, Query]] = {}
    known: dict[str, Producers] = {}
    for query in queries(platform):
        environment = query.entry.environment
        known[environment] = producers(platform, environment)
        for selector in query.parsed.selectors:
            if known[environment].find(selector.name).known is None:
                names.setdefault(environment, {}).setdefault(selector.name, query)
    for environment, found in names.items():
        first = next(iter(found.values()))
        unknown = known[environment].unknown or ("an Application that could not be rendered",)
        yield Match(
            f"cannot tell whether {len(found)} metrics exist ({_list(sorted(found))}): "
            f"there is no table of what {_list(unknown)} has",
            "List the metrics of your own programs under metrics: in presync.yaml; the rest is then judged.",
            first.entry,
            first.resource,
            first.path,
            cause="undetermined",
        )


def _list(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
