"""A policy asks for objects that Gatekeeper does not keep for it.

`data.inventory` holds the kinds that Gatekeeper's Config or a SyncSet names, and no other. For a template that reads
one that is missing, there are none of it in the cluster: a host is always unique, a namespace never has a
NetworkPolicy. What a template needs it says in `metadata.gatekeeper.sh/requires-sync-data`, as Gatekeeper reads it; a
list within the list holds kinds that stand for each other. A template without the annotation is told only where nothing
is kept at all. In a pull request `data.inventory` is everything that is rendered, so nothing else would show it.

Bad:

    kind: ConstraintTemplate
    metadata:
      annotations:
        metadata.gatekeeper.sh/requires-sync-data: |
          [[{"groups": ["networking.k8s.io"], "versions": ["v1"], "kinds": ["Ingress"]}]]

Good:

    # with this in the same cluster
    kind: SyncSet
    spec:
      gvks:
        - {group: networking.k8s.io, version: v1, kind: Ingress}
"""

from __future__ import annotations

from collections.abc import Iterator

from presync.base.finding import Severity
from presync.platform.model import Platform
from presync.policy.synced import ANNOTATION, RequirementError, reads_inventory, requirements, synced, templates
from presync.rules.model import Match

ID = "POL005"
NAME = "inventory-not-synced"
SEVERITY = Severity.ERROR

_PATH = ("metadata", "annotations", ANNOTATION)
_FORM = '[[{"groups": [...], "versions": [...], "kinds": [...]}]]'
_REMEDY = "Name it in spec.gvks of a SyncSet, or in spec.sync.syncOnly of Gatekeeper's Config."


def check(platform: Platform) -> Iterator[Match]:
    """One match for each kind that a template needs and does not get."""
    for entry, resource, cluster in templates(platform):
        kept = synced(platform).get(cluster, frozenset())
        name = f"ConstraintTemplate {resource.name}"
        try:
            needed = requirements(resource.data)
        except RequirementError as error:
            message = f"{name}: Gatekeeper cannot read {ANNOTATION}: {error}"
            yield Match(message, f"Write {_FORM}.", entry, resource, _PATH, key=name)
            continue
        for one in needed:
            if kept.isdisjoint(one.kinds):
                message = f"{name} reads data.inventory for {one}, and nothing in the cluster syncs it"
                yield Match(message, _REMEDY, entry, resource, _PATH, key=f"{name} {one}")
        if not needed and not kept and reads_inventory(resource.data):
            message = f"{name} reads data.inventory, and nothing in the cluster syncs anything"
            remedy = f"Say what it needs in {ANNOTATION}, and name that in a SyncSet."
            yield Match(message, remedy, entry, resource, _PATH[:2], key=name)
