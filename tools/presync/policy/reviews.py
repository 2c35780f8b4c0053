"""What Gatekeeper hands to a template: the request that the API server would send it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from presync.policy.model import Object, mapping


@dataclass(frozen=True, slots=True)
class Sender:
    """Who asks, and what for; empty in gator and in audits."""

    operation: str = ""
    username: str = ""
    groups: tuple[str, ...] = field(default=())


def sync(control_plane: str) -> Sender:
    """Argo CD creating an object."""
    account = "argocd-application-controller"
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{control_plane}", "system:authenticated")
    return Sender("CREATE", f"system:serviceaccount:{control_plane}:{account}", groups)


def review(data: Object, namespace: Object | None = None, sender: Sender | None = None) -> bytes:
    """The review of an object, as JSON."""
    sender = sender or Sender()
    metadata = mapping(data.get("metadata"))
    group, _, version = str(data.get("apiVersion") or "").rpartition("/")
    user = {"username": sender.username, "groups": list(sender.groups)} if sender.username else {}
    request = {
        "uid": "",
        "kind": {"group": group, "version": version, "kind": str(data.get("kind") or "")},
        "resource": {"group": "", "version": "", "resource": ""},
        "operation": sender.operation,
        "userInfo": user,
        "object": data,
        "oldObject": None,
        "options": None,
        "namespaceObject": namespace,
    }
    for key in ("name", "namespace"):
        if metadata.get(key):
            request[key] = metadata[key]
    return json.dumps(request, default=str).encode()


def inventory(objects: Iterable[Object]) -> bytes:
    """``data.inventory`` of these objects, as JSON: by namespace, version, kind and name."""
    cluster: dict[str, dict[str, dict[str, Object]]] = {}
    namespaces: dict[str, dict[str, dict[str, dict[str, Object]]]] = {}
    for one in objects:
        metadata = mapping(one.get("metadata"))
        within, version = metadata.get("namespace"), str(one.get("apiVersion") or "")
        place = namespaces.setdefault(str(within), {}) if within else cluster
        kinds = place.setdefault(version, {})
        kinds.setdefault(str(one.get("kind") or ""), {})[str(metadata.get("name") or "")] = one
    found: dict[str, object] = {}
    if cluster:
        found["cluster"] = cluster
    if namespaces:
        found["namespace"] = namespaces
    return json.dumps(found, default=str).encode()
