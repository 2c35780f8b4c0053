"""Scopes, labels, and their text."""

from __future__ import annotations

import pytest

from presync.seal.scope import ANNOTATIONS, Binding, Scope, scope_of, with_scope

NAMESPACE, CLUSTER = ANNOTATIONS[Scope.NAMESPACE_WIDE], ANNOTATIONS[Scope.CLUSTER_WIDE]


@pytest.mark.parametrize(
    ("annotations", "scope"),
    [
        ({}, Scope.STRICT),
        ({NAMESPACE: "true"}, Scope.NAMESPACE_WIDE),
        ({CLUSTER: "true"}, Scope.CLUSTER_WIDE),
        ({NAMESPACE: "true", CLUSTER: "true"}, Scope.CLUSTER_WIDE),
        ({NAMESPACE: "yes", CLUSTER: True}, Scope.STRICT),
    ],
)
def test_scope_of(annotations: dict[str, object], scope: Scope) -> None:
    assert scope_of(annotations) is scope


def test_with_scope_keeps_the_others_and_removes_the_wrong_one() -> None:
    assert with_scope({"a": "1", CLUSTER: "true"}, Scope.NAMESPACE_WIDE) == {"a": "1", NAMESPACE: "true"}
    assert with_scope({"a": "1", CLUSTER: "true"}, Scope.STRICT) == {"a": "1"}


@pytest.mark.parametrize(
    ("scope", "label", "text"),
    [
        (Scope.STRICT, b"ns/name", "strict:ns/name"),
        (Scope.NAMESPACE_WIDE, b"ns", "namespace-wide:ns"),
        (Scope.CLUSTER_WIDE, b"", "cluster-wide"),
    ],
)
def test_binding(scope: Scope, label: bytes, text: str) -> None:
    binding = Binding.of(scope, "ns", "name")
    assert (binding.label, str(binding)) == (label, text)
    assert Binding.parse(text) == binding


@pytest.mark.parametrize(
    "text", ["", "strict", "loose:ns/name", "namespace-wide:ns/name", "cluster-wide:ns", "Strict:a/b"]
)
def test_binding_of_something_else(text: str) -> None:
    found = Binding.parse(text)
    assert found is None
