"""A query names a metric that nothing here produces.

The alert never fires, the panel stays empty, and nobody notices. Known are the names of exporters whose image the tree
deploys (tables made from the real exporters), of Kubernetes itself, of recording rules, of a statsd_exporter's mapping,
and those under `metrics:` in presync.yaml. An old name beside an `or` with the new one is left alone. Where
something is scraped that no table knows, only a name that cannot be right is reported here; the others are counted in
OBS003.

Bad:

    # the exporter calls it redis_memory_used_bytes
    expr: redis_used_memory_bytes > 1e9

Good:

    expr: redis_memory_used_bytes > 1e9
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability.producers import Producers, producers
from presync.observability.queries import Query, queries
from presync.platform.model import Platform
from presync.rules.model import Match

ID = "OBS002"
NAME = "metric-unknown"
SEVERITY = Severity.WARNING
_ALIKE = 0.75  # of the words of a name


def check(platform: Platform) -> Iterator[Match]:
    """Each such name once per query."""
    for query in queries(platform):
        known = producers(platform, query.entry.environment)
        spare = _spare(known, query)
        for name in sorted({one.name for one in query.parsed.selectors}):
            verdict = known.find(name)
            if verdict.known is False and name not in spare:
                yield Match(
                    f"{query.title} asks for {name}: {verdict.why}",
                    verdict.hint
                    or "Correct the name, deploy what produces it, or list it under metrics: in presync.yaml.",
                    query.entry,
                    query.resource,
                    query.path,
                    severity=None if verdict.sure else Severity.INFO,
                    cause=f"metric {name}",
                    quote=name,
                )


def _spare(known: Producers, query: Query) -> set[str]:
    """Names beside an ``or`` whose other side is there: written for several versions of an exporter.

    A dashboard may have any there, a rule one that is almost the same.
    """
    sides = {one.name for one in query.parsed.selectors if one.alternative}
    there = [name for name in sides if known.find(name).known]
    return {name for name in sides if any(query.dashboard or _alike(name, other) for other in there)}


def _alike(one: str, other: str) -> bool:
    words, others = set(one.split("_")), set(other.split("_"))
    return len(words & others) >= _ALIKE * max(len(words), len(others))
