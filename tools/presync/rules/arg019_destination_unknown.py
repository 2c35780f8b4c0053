"""Whether a project permits a destination hangs on a name or a URL that is not in the tree.

A project and an Application may name one cluster differently, by name or by URL; which belong together stands in
the cluster's Secret. presync cannot tell without it.

Bad:

    # AppProject
    destinations: [{server: https://prod.example.com, namespace: "*"}]
    # Application
    destination: {name: prod, namespace: redis-prod}

Good:

    # Application
    destination: {server: https://prod.example.com, namespace: redis-prod}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.argocd.project import doubts
from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.rules.model import Match, of_problem

ID = "ARG019"
NAME = "destination-unknown"
SEVERITY = Severity.ERROR
UNDETERMINED = True
KINDS = ("destination-unknown",)


def check(platform: Platform) -> Iterator[Match]:
    """Asks for every Application that is not refused already."""
    projects = {manifest.name: manifest for manifest in platform.projects}
    for entry in platform.entries:
        if not entry.denials:
            for problem in doubts(entry.application, projects.get(entry.application.project)):
                yield of_problem(problem, entry)
