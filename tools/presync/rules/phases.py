"""When a sync applies an object: its phase and its wave."""

from __future__ import annotations

from presync.argocd.sync import listed
from presync.render.model import Resource

# https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/ and https://…/user-guide/helm/#helm-hooks
PHASES = ("PreSync", "Sync", "PostSync")
_HELM = {"pre-install": "PreSync", "pre-upgrade": "PreSync", "post-install": "PostSync", "post-upgrade": "PostSync"}


def phases(resource: Resource) -> list[str]:
    """The phases an object is applied in; no phase for hooks of failure and deletion."""
    annotations = resource.annotations
    own = annotations.get("argocd.argoproj.io/hook")
    if own is not None:
        named = [one for one in listed(own) if one in PHASES or one in ("SyncFail", "PreDelete", "PostDelete", "Skip")]
        if named:
            return [one for one in named if one in PHASES]
    helm = [one for one in listed(annotations.get("helm.sh/hook")) if one != "crd-install"]
    if helm:
        return list(dict.fromkeys(_HELM[one] for one in helm if one in _HELM))
    return ["Sync"]


def wave(resource: Resource) -> int:
    """The wave; Helm's weight of a hook where there is none."""
    annotations = resource.annotations
    for name in ("argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"):
        try:
            return int(str(annotations[name]))
        except (KeyError, ValueError):
            continue
    return 0


def first(resource: Resource) -> tuple[int, int] | None:
    """Phase (by its place in PHASES) and wave in which the object is first there; None where a sync never makes it."""
    found = [PHASES.index(one) for one in phases(resource)]
    return (min(found), wave(resource)) if found else None
