"""What a cluster serves, as Argo CD tells Helm with --api-versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from presync.argocd.model import Application

# Argo CD's own kinds are served wherever Argo CD runs.
_ARGOCD = (
    "argoproj.io/v1alpha1",
    "argoproj.io/v1alpha1/AppProject",
    "argoproj.io/v1alpha1/Application",
    "argoproj.io/v1alpha1/ApplicationSet",
)
# In the API's definitions as kinds with lists, but nothing a client can list and watch.
_NOT_LISTED = frozenset({"APIGroup", "APIResource", "ComponentStatus"})


@cache
def _data() -> Mapping[str, Mapping[str, list[str]]]:
    loaded: Mapping[str, Mapping[str, list[str]]] = json.loads(
        resources.files("presync.render").joinpath("apis.json").read_text("utf-8")
    )
    return loaded


def known() -> tuple[str, ...]:
    """The versions whose APIs are known."""
    return tuple(_data())


@cache
def served(version: str) -> tuple[str, ...]:
    """``group/version`` and ``group/version/Kind`` for everything a cluster of this version lists and watches.

    Alpha and beta versions are off by default, so they are not there. A version that is not known is answered with the
    nearest that is.
    """
    data = _data()
    wanted = _number(version)
    nearest = min(data, key=lambda known: (abs(_number(known) - wanted), _number(known)))
    return tuple(
        sorted(
            entry for group, kinds in data[nearest].items() for entry in (group, *(f"{group}/{kind}" for kind in kinds))
        )
    )


def for_application(version: str, application: Application, further: tuple[str, ...]) -> tuple[str, ...]:
    """All of --api-versions for the destination of an Application."""
    own = _ARGOCD if application.destination.cluster == "in-cluster" else ()
    return tuple(sorted({*served(version), *own, *further}))


def derive(definitions: Mapping[str, Any]) -> dict[str, list[str]]:
    """The entry of ``apis.json`` from the definitions of a Kubernetes version's API."""
    kinds: dict[str, set[str]] = {}
    for definition in definitions.values():
        for one in definition.get("x-kubernetes-group-version-kind") or ():
            group = f"{one['group']}/{one['version']}" if one["group"] else one["version"]
            kinds.setdefault(group, set()).add(one["kind"])
    out = {}
    for group, names in sorted(kinds.items()):
        listed = sorted(name for name in names if f"{name}List" in names and name not in _NOT_LISTED)
        if listed and "alpha" not in group and "beta" not in group:
            out[group] = listed
    return out


def _number(version: str) -> int:
    minor = version.removeprefix("v").split(".")[1:2]
    return int(minor[0]) if minor and minor[0].isdigit() else 0
