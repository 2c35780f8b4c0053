"""A constraint's match, part by part."""

from __future__ import annotations

from typing import Any

import pytest

from presync.policy.match import Candidate, Unmatchable, glob, matches
from presync.policy.model import Source

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "web-dev", "labels": {"a": "b"}}}
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}}
SPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web-dev", "labels": {"environment": "dev"}}}


def takes(match: dict[str, Any], data: Any = POD, namespace: Any = SPACE, source: Source = Source.ORIGINAL) -> bool:
    return matches(match, Candidate(data, namespace, source))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("web-dev", "web-dev", True),
        ("web", "web-dev", False),
        ("web-*", "web-dev", True),
        ("*-dev", "web-dev", True),
        ("*b-d*", "web-dev", True),
        ("*", "anything", True),
        ("*", "", True),
        ("*-prod", "web-dev", False),
        ("we*ev", "web-dev", False),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:
    assert glob(pattern, text) is expected


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"kinds": []},
        {"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]},
        {"kinds": [{"apiGroups": ["*"], "kinds": ["*"]}]},
        {"kinds": [{"kinds": ["Pod"]}]},
        {"kinds": [{"apiGroups": ["apps"], "kinds": ["Pod"]}, {"apiGroups": [""]}]},
        {"scope": "Namespaced"},
        {"scope": "*"},
        {"namespaces": ["*-dev"]},
        {"excludedNamespaces": ["kube-*"]},
        {"labelSelector": {"matchLabels": {"a": "b"}}},
        {"labelSelector": {"matchExpressions": [{"key": "c", "operator": "DoesNotExist"}]}},
        {"namespaceSelector": {"matchLabels": {"environment": "dev"}}},
        {"name": "web-*"},
        {"source": "Original"},
        {"source": "All"},
    ],
)
def test_takes_a_pod(match: dict[str, Any]) -> None:
    assert takes(match)


@pytest.mark.parametrize(
    "match",
    [
        {"kinds": [{"apiGroups": ["apps"], "kinds": ["*"]}]},
        {"kinds": [{"apiGroups": [""], "kinds": ["Service"]}]},
        {"scope": "Cluster"},
        {"namespaces": ["*-prod"]},
        {"excludedNamespaces": ["*-dev"]},
        {"namespaces": ["*-dev"], "excludedNamespaces": ["web-*"]},
        {"labelSelector": {"matchLabels": {"a": "c"}}},
        {"namespaceSelector": {"matchLabels": {"environment": "prod"}}},
        {"name": "api-*"},
        {"source": "Generated"},
    ],
)
def test_leaves_a_pod(match: dict[str, Any]) -> None:
    assert not takes(match)


def test_what_has_no_namespace_is_not_kept_out_by_namespaces() -> None:
    for match in (
        {"namespaces": ["*-prod"]},
        {"excludedNamespaces": ["*"]},
        {"namespaceSelector": {"matchLabels": {"environment": "prod"}}},
        {"scope": "Cluster"},
    ):
        assert takes(match, ROLE, None)
    assert not takes({"scope": "Namespaced"}, ROLE, None)


def test_a_namespace_is_taken_by_its_own_name_and_labels() -> None:
    assert takes({"namespaces": ["*-dev"], "namespaceSelector": {"matchLabels": {"environment": "dev"}}}, SPACE, None)
    assert not takes({"excludedNamespaces": ["web-*"]}, SPACE, None)
    assert takes({"scope": "Cluster"}, SPACE, None)


def test_a_generated_name_fits_only_a_pattern() -> None:
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-", "namespace": "web-dev"}}
    assert takes({"name": "web-*"}, made)
    assert not takes({"name": "web-"}, made)


def test_unknown_labels_of_a_namespace_are_told() -> None:
    with pytest.raises(Unmatchable):
        takes({"namespaceSelector": {"matchLabels": {"environment": "dev"}}}, POD, None)
