"""Namespaces that Gatekeeper's Config takes out."""

from __future__ import annotations

from presync.platform.index import index
from presync.platform.memo import memo
from presync.platform.model import Platform
from presync.policy.match import Candidate, glob
from presync.policy.model import listed, mapping

_GROUP = "config.gatekeeper.sh"
_PROCESSES = frozenset({"*", "webhook"})


def exempt(platform: Platform, cluster: str, candidate: Candidate) -> bool:
    """Whether a Config of the cluster keeps the webhook from looking at an object."""
    within = candidate.within
    patterns = memo(platform, "policy-exemptions", _patterns).get(cluster, ())
    return bool(within) and any(glob(pattern, within) for pattern in patterns)


def _patterns(platform: Platform) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for entry, resource in index(platform).of_kind(_GROUP, "Config"):
        cluster = entry.application.destination.cluster
        for one in listed(mapping(resource.data.get("spec")).get("match")):
            if _PROCESSES & set(listed(mapping(one).get("processes"))):
                names = tuple(str(name) for name in listed(mapping(one).get("excludedNamespaces")))
                found[cluster] = (*found.get(cluster, ()), *names)
    return found
