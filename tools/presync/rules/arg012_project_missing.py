"""An Application names an AppProject that does not exist.

Argo CD neither renders nor syncs it. Where another Application that could not be rendered may bring the project,
the finding is a warning. A project that is made elsewhere can be declared under `objects:` in presync.yaml.

Bad:

    spec:
      project: platfrom-dev

Good:

    spec:
      project: platform-dev
"""

from __future__ import annotations

from dataclasses import replace

from presync.base.finding import Problem, Severity
from presync.platform.model import Platform
from presync.rules.model import Match
from presync.rules.references import declared

ID = "ARG012"
NAME = "project-missing"
SEVERITY = Severity.ERROR
KINDS = ("project-missing",)


def refine(platform: Platform, problem: Problem, match: Match) -> Match | None:
    """Weighed by what the settings declare and what could not be rendered."""
    entry = match.entry
    if entry is not None and declared(platform, "AppProject", entry.application.project):
        return None
    dark = [
        other.name
        for other in platform.entries
        if other.rendered.unavailable and other.application.destination.namespace in (platform.control_plane, "")
    ]
    if not dark:
        return match
    message = f"{match.message}; {dark[0]} could not be rendered and may bring it"
    return replace(match, message=message, severity=Severity.WARNING)
