"""CustomResourceDefinitions for kinds of which only the name matters: they take any object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Object = dict[str, Any]
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def anything(examples: Iterable[Mapping[str, Any]]) -> Iterator[Object]:
    """One CRD for the kind of each example; without a namespace it is taken for a kind that has none."""
    by_name: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in examples:
        group = one["apiVersion"].partition("/")[0]
        by_name.setdefault((group, one["kind"]), []).append(one)
    for (group, kind), some in sorted(by_name.items()):
        versions = sorted({one["apiVersion"].partition("/")[2] for one in some})
        plural = _plural(kind.lower())
        yield {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            # Groups of Kubernetes' own want to know who approved it.
            "metadata": {
                "name": f"{plural}.{group}",
                "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
            },
            "spec": {
                "group": group,
                "scope": "Namespaced" if any(one["metadata"].get("namespace") for one in some) else "Cluster",
                "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
                "versions": [
                    {"name": name, "served": True, "storage": name == versions[0], "schema": {"openAPIV3Schema": _ANY}}
                    for name in versions
                ],
            },
        }


def _plural(word: str) -> str:
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch")) else f"{word}s"
