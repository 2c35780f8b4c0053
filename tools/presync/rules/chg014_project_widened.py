"""An AppProject permits more than before.

Bad:

    clusterResourceWhitelist: [{group: "*", kind: "*"}]

Good:

    clusterResourceWhitelist: [{group: "", kind: Namespace, name: "*-dev"}]
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.change.model import Change
from presync.rules.model import Match
from presync.rules.rights import compact, few

ID = "CHG014"
NAME = "project-widened"
SEVERITY = Severity.WARNING


_ALLOWING = (
    "sourceRepos",
    "sourceNamespaces",
    "destinations",
    "clusterResourceWhitelist",
    "namespaceResourceWhitelist",
)
_DENYING = ("clusterResourceBlacklist", "namespaceResourceBlacklist")


def change(change: Change) -> Iterator[Match]:
    """Every permission of a project that is new, and every refusal that is gone."""
    before = {project.name: project.data.get("spec") or {} for project in change.base.projects}
    for project in change.head.projects:
        if project.name not in before:
            continue
        spec, was = project.data.get("spec") or {}, before[project.name]
        for key in (*_ALLOWING, *_DENYING):
            more, less = (spec, was) if key in _ALLOWING else (was, spec)
            new = [one for one in more.get(key) or () if one not in (less.get(key) or ())]
            if new:
                what = "permits more" if key in _ALLOWING else "refuses less"
                yield Match(
                    f"AppProject {project.name} {what}: {key} {few([compact(one) for one in new])}",
                    "Grant what is needed and no more: by name, not by *.",
                    location=project.location,
                    resource_name=f"AppProject {project.name}",
                    field=f"spec.{key}",
                )
