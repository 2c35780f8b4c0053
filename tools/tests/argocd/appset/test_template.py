"""Templates over templates, and what is normalised."""

from __future__ import annotations

from typing import Any

import pytest

from presync.argocd.appset.template import TEMPLATE, merged, normalize_spec, normalized


def test_merged() -> None:
    over = {
        "metadata": {"name": "", "labels": {"a": "", "b": "own"}},
        "spec": {
            "project": "own",
            "destination": {},
            "source": {"helm": {"parameters": [{"name": "own"}], "valuesObject": {}}},
            "syncPolicy": {"automated": {"prune": False}, "syncOptions": []},
        },
    }
    base = {
        "metadata": {"name": "base", "labels": {"a": "base", "c": "base"}, "finalizers": ["f"]},
        "spec": {
            "project": "base",
            "destination": {"server": "s"},
            "source": {"repoURL": "r", "helm": {"parameters": [{"name": "base"}], "valuesObject": {"x": 1}}},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["A=b"]},
            "revisionHistoryLimit": 0,
        },
    }
    assert merged(TEMPLATE, over, base) == {
        "metadata": {"name": "base", "labels": {"a": "base", "b": "own", "c": "base"}, "finalizers": ["f"]},
        "spec": {
            "source": {"repoURL": "r", "helm": {"parameters": [{"name": "own"}], "valuesObject": {}}},
            "destination": {"server": "s"},
            "project": "own",
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["A=b"]},
            "revisionHistoryLimit": 0,
        },
    }
    assert merged(TEMPLATE, {}, base) == base


@pytest.mark.parametrize(
    ("spec", "kept"),
    [
        ({"syncPolicy": {}}, {}),
        ({"syncPolicy": {"automated": {}}}, {"syncPolicy": {"automated": {}}}),
        ({"syncPolicy": {"syncOptions": []}}, {}),
        ({"source": {"helm": {}, "kustomize": {"forceCommonLabels": True}, "directory": {}}}, {"source": {}}),
        ({"source": {"helm": {"valuesObject": {}}}}, {"source": {"helm": {"valuesObject": {}}}}),
        ({"source": {"directory": {"include": "a", "jsonnet": {}}}}, {"source": {"directory": {"include": "a"}}}),
        ({"source": {"directory": {"recurse": True}}}, {"source": {"directory": {"recurse": True}}}),
        ({"source": {"helm": {}}, "sources": [{"helm": {}}]}, {"source": {"helm": {}}, "sources": [{}]}),
    ],
)
def test_normalize(spec: dict[str, Any], kept: dict[str, Any]) -> None:
    normalize_spec(spec)
    assert spec == {**kept, "project": "default"}


def test_normalized_drops_what_is_empty() -> None:
    raw = {"metadata": {"name": "a", "labels": {}}, "spec": {"project": "p", "source": {"path": "", "repoURL": "r"}}}
    assert normalized(raw) == {
        "metadata": {"name": "a"},
        "spec": {"source": {"repoURL": "r"}, "destination": {}, "project": "p"},
    }
