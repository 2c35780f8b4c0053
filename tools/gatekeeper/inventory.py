"""Waiting until Gatekeeper's webhook has seen what the inventory of policies is made of.

It follows the API server with a delay that nobody can see from outside. So a policy of our own is asked, whose warning
lists what the inventory holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from gatekeeper.cluster import CONSTRAINTS, Cluster, ClusterError, Object

_NAME = "inventory-probe"
_REGO = """\
package inventoryprobe

versions[name] := one.metadata.resourceVersion if {
  some version, kinds in data.inventory.cluster
  some kind, objects in kinds
  some key, one in objects
  name := sprintf("%s/%s//%s", [version, kind, key])
}

versions[name] := one.metadata.resourceVersion if {
  some namespace, groups in data.inventory.namespace
  some version, kinds in groups
  some kind, objects in kinds
  some key, one in objects
  name := sprintf("%s/%s/%s/%s", [version, kind, namespace, key])
}

violation contains {"msg": msg} if {
  wanted := json.unmarshal(input.review.object.data.wanted)
  unlike := [name | some name, version in wanted; object.get(versions, name, "") != version]
  msg := sprintf("waits for %v", [unlike])
  count(unlike) > 0
}
"""
_TEMPLATE = {
    "apiVersion": "templates.gatekeeper.sh/v1",
    "kind": "ConstraintTemplate",
    "metadata": {"name": "inventoryprobe"},
    "spec": {
        "crd": {"spec": {"names": {"kind": "InventoryProbe"}}},
        "targets": [
            {
                "target": "admission.k8s.gatekeeper.sh",
                "code": [{"engine": "Rego", "source": {"version": "v1", "rego": _REGO}}],
            }
        ],
    },
}
_CONSTRAINT = {
    "apiVersion": f"{CONSTRAINTS}/v1beta1",
    "kind": "InventoryProbe",
    "metadata": {"name": _NAME},
    "spec": {"match": {"kinds": [{"apiGroups": [""], "kinds": ["ConfigMap"]}], "name": _NAME}},
}


def synced(objects: Iterable[Object]) -> set[tuple[str, str]]:
    """(apiVersion, kind) of what a Config or SyncSet among these objects brings into the inventory."""
    found = set()
    for one in objects:
        spec = one.get("spec") or {}
        match (one["apiVersion"].partition("/")[0], one["kind"]):
            case ("syncset.gatekeeper.sh", "SyncSet"):
                entries = spec.get("gvks") or []
            case ("config.gatekeeper.sh", "Config"):
                entries = (spec.get("sync") or {}).get("syncOnly") or []
            case _:
                continue
        for entry in entries:
            group, version = entry.get("group") or "", entry["version"]
            found.add((f"{group}/{version}" if group else version, entry["kind"]))
    return found


class Inventory:
    """The webhook's own view of some kinds."""

    def __init__(self, cluster: Cluster, kinds: set[tuple[str, str]]) -> None:
        self._cluster = cluster
        self.kinds = kinds
        if kinds:
            cluster.take_in([_TEMPLATE, _CONSTRAINT])

    def wait_for(self, present: Iterable[Object], absent: Iterable[Object] = (), seconds: float = 30) -> None:
        """Until it holds these objects as the API server returned them, and not those."""
        wanted = {_path(one): one["metadata"]["resourceVersion"] for one in present if self._is_ours(one)}
        wanted.update({_path(one): "" for one in absent if self._is_ours(one)})
        if not wanted:
            return
        question: Object = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": _NAME, "namespace": "default"},
            "data": {"wanted": json.dumps(wanted)},
        }

        def seen() -> bool:
            answer = self._cluster.admit(question)
            if answer.refused:
                raise ClusterError(f"the inventory cannot be asked: {answer.refused}")
            return not any(text.startswith(f"[{_NAME}] ") for text in answer.denied)

        self._cluster.wait(seen, f"the inventory to have {', '.join(wanted)}", seconds)

    def _is_ours(self, one: Object) -> bool:
        return (one["apiVersion"], one["kind"]) in self.kinds


def _path(one: Object) -> str:
    metadata = one["metadata"]
    return f"{one['apiVersion']}/{one['kind']}/{metadata.get('namespace') or ''}/{metadata['name']}"
