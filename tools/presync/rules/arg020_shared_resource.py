"""Two Applications own one object.

Each puts its own version, so they overwrite each other at every sync; deleting one deletes the object of the other.
With FailOnSharedResource=true Argo CD refuses to sync instead.

Bad:

    # charts/redis and charts/feast both render
    kind: ConfigMap
    metadata: {name: redis-url, namespace: shared-dev}

Good:

    # one of them renders it, the other refers to it
    kind: ConfigMap
    metadata: {name: redis-url, namespace: shared-dev}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from presync.argocd.sync import EXCLUDED, is_applied
from presync.base.finding import Location, Severity
from presync.platform.model import Entry, Platform
from presync.render.model import Resource
from presync.rules.model import Match

ID = "ARG020"
NAME = "shared-resource"
SEVERITY = Severity.ERROR
FAIL = "FailOnSharedResource=true"


def check(platform: Platform) -> Iterator[Match]:
    """Every identity that objects of different Applications claim."""
    for (cluster, *_), claims in platform.by_key.items():
        owners: dict[tuple[str, str], tuple[Entry, Resource]] = {}
        for entry, resource in claims:
            if resource.name and is_applied(resource.annotations) and (resource.group, resource.kind) not in EXCLUDED:
                owners.setdefault((entry.application.namespace, entry.name), (entry, resource))
        if len(owners) < 2:
            continue
        names = [entry.name for entry, _ in owners.values()]
        fails = any(FAIL in entry.application.sync_options for entry, _ in owners.values())
        # Two of the same chart share everything: the Application is the mistake, and told once.
        twins = len({tuple(one.path for one in entry.application.sources) for entry, _ in owners.values()}) == 1
        for entry, resource in owners.values():
            others = [name for name in names if name != entry.name] or names[1:]
            message = f"{resource} is part of applications {entry.name} and {', '.join(others)}"
            if fails:
                message += "; with FailOnSharedResource=true the sync fails"
            yield Match(
                message,
                "Render it in one of them only, or give the objects different names.",
                entry,
                resource,
                ("metadata", "name"),
                location=_newest(owners) if twins else None,
                cause=f"{cluster} {' '.join(sorted(names))}" if twins else f"{cluster} {resource}",
                key=",".join(sorted(names)),
            )


def _newest(owners: Mapping[tuple[str, str], tuple[Entry, Resource]]) -> Location | None:
    """Where the Application stands whose name is not its chart's; None where that tells nothing."""
    for entry, _ in owners.values():
        charts = [source.path.rpartition("/")[2] for source in entry.application.sources]
        if not any(entry.name.startswith(chart) for chart in charts if chart):
            return entry.application.origin.place
    return None
