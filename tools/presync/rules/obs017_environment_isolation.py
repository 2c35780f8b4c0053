"""Monitoring of one environment takes something of another.

Where each environment has a Prometheus of its own, they are meant to be apart: alerts of dev must not come from what
happens in prod. Looked at are the selectors of Prometheus, Alertmanager and ThanosRuler objects, the Services and Pods
that monitors select, the Alertmanagers that a Prometheus tells, the namespaces of kube-state-metrics, and which
namespaces' series a monitor of cAdvisor keeps.

Bad:

    # in monitoring-dev; takes the monitors of prod too
    kind: Prometheus
    spec:
      serviceMonitorSelector: {}
      serviceMonitorNamespaceSelector: {}

Good:

    kind: Prometheus
    spec:
      serviceMonitorSelector: {matchLabels: {environment: dev}}
      serviceMonitorNamespaceSelector: {matchLabels: {environment: dev}}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.observability import isolation
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.monitors import monitors

ID = "OBS017"
NAME = "environment-isolation"
SEVERITY = Severity.ERROR
_REMEDY = (
    "Select by the label of the environment, for objects and for namespaces, or name the environment's namespaces."
)


def check(platform: Platform) -> Iterator[Match]:
    """One finding for each selector and environment it reaches into."""
    apart = isolation.apart(platform)
    seen: set[tuple[str, str, object]] = set()
    for leak in (*isolation.leaks(platform), *_targets(platform)):
        key = (str(leak.resource), leak.environment, leak.path)
        both = {(leak.entry.application.destination.cluster, one) for one in (leak.entry.environment, leak.environment)}
        if both <= apart and key not in seen:
            seen.add(key)
            yield Match(
                f"{leak.message} of {leak.environment}",
                _REMEDY,
                leak.entry,
                leak.resource,
                leak.path,
                key=leak.environment,
            )


def _targets(platform: Platform) -> Iterator[isolation.Leak]:
    for monitor in monitors(platform):
        for target in monitor.targets:
            if isolation.foreign(monitor.entry, target.entry):
                yield isolation.Leak(
                    monitor.entry,
                    monitor.resource,
                    ("spec", "namespaceSelector"),
                    target.entry.environment,
                    f"it scrapes {target.resource}",
                )
