"""A ServiceMonitor or PodMonitor scrapes a port that what it selects does not have.

`port` is a name: of a port of the Service, or of a container.

Bad:

    # the Service has the port `metrics`
    endpoints: [{port: http-metrics}]

Good:

    endpoints: [{port: metrics}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.monitors import monitors

ID = "REF014"
NAME = "monitor-port-missing"
SEVERITY = Severity.ERROR


def check(platform: Platform) -> Iterator[Match]:
    """Every named port of every monitor that has a target."""
    for found in monitors(platform):
        names = {name for one in found.targets for name in one.ports}
        for path, port in found.ports:
            if found.targets and port not in names:
                yield Match(
                    f"no {found.what} it selects has a port named {port}",
                    f"Named ports there are: {', '.join(sorted(names - {''})) or 'none'}.",
                    found.entry,
                    found.resource,
                    path,
                    quote=port,
                )
