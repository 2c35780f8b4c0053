"""Pods that stand as text in a ConfigMap, for a program that starts them.

Airflow's KubernetesExecutor makes every task's Pod from such a file (``[kubernetes_executor] pod_template_file``); no
API server sees it before the first task. Whatever else reads Pods from files is treated alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from presync.base import goyaml

Object = Mapping[str, Any]
# A cheap look before anything is parsed: most ConfigMaps hold no Pod.
_POD = re.compile(r"^kind:\s*[\"']?Pod[\"']?\s*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PodTemplate:
    """A Pod and the key of the ConfigMap it stands in."""

    key: str
    pod: Object


def pod_templates(data: Object, kind: str) -> Iterator[PodTemplate]:
    """The Pods in a ConfigMap; nothing for other kinds, and nothing that says it is for another namespace."""
    texts = data.get("data") if kind == "ConfigMap" else None
    if not isinstance(texts, Mapping):
        return
    metadata = data.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    for key, text in texts.items():
        pod = _pod(text) if isinstance(text, str) and _POD.search(text) else None
        if pod is not None and _own(pod, namespace):
            yield PodTemplate(str(key), pod)


def _own(pod: Object, namespace: Any) -> bool:
    metadata = pod.get("metadata")
    own = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    return not own or not namespace or own == namespace


@lru_cache(maxsize=256)
def _pod(text: str) -> Object | None:
    """The only document of a text, when it is a Pod."""
    try:
        documents = [document.data for document in goyaml.documents(text)]
    except goyaml.GoYamlError:
        return None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        return None
    pod: dict[str, Any] = documents[0]
    return pod if (pod.get("apiVersion"), pod.get("kind")) == ("v1", "Pod") else None
