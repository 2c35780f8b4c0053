"""Programs of a tree that read monitoring objects or queries otherwise than Prometheus does."""

from __future__ import annotations

import re

from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.platform.validation.access import items, text
from presync.platform.workloads import GROUPS, pod_specs

_VICTORIA = re.compile(r"victoria-?metrics|operator\.victoriametrics\.com", re.IGNORECASE)
_READERS = re.compile(r"grafana/(?:alloy|agent)|grafana-agent|mimir|opentelemetry|victoria-?metrics", re.IGNORECASE)


def speaks_metricsql(platform: Platform) -> bool:
    """Whether there is a VictoriaMetrics, whose language has more than PromQL."""
    return any(_VICTORIA.search(one) for one in _words(platform))


def other_readers(platform: Platform) -> bool:
    """Whether something besides prometheus-operator may take ServiceMonitors and rules."""
    return any(_READERS.search(one) for one in _words(platform))


def _words(platform: Platform) -> frozenset[str]:
    """Images, API groups, and charts that are not rendered."""
    return memo(platform, "collectors", _found)


def _found(platform: Platform) -> frozenset[str]:
    words: set[str] = set()
    for entry in platform.entries:
        if entry.rendered.unavailable or entry.rendered.error:
            words |= {one.chart or one.path for one in entry.application.sources}
        for resource in entry.rendered.resources:
            words.add(resource.group)
            if resource.group in GROUPS:
                for pod in pod_specs(resource.data, resource.kind):
                    words |= {text(one, "image") for _, one in items(pod.spec, "containers")}
    return frozenset(words)
