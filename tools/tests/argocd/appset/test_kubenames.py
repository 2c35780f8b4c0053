"""Names, labels and annotations that Kubernetes takes, and those it refuses."""

from __future__ import annotations

import pytest

from presync.argocd.appset.kubenames import label_value, metadata_errors, qualified_name, subdomain


@pytest.mark.parametrize("name", ["a", "a-b.c1", "1a", "a" * 253])
def test_names(name: str) -> None:
    assert subdomain(name) == []


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a.", "a..b", "a\n", "a" * 254])
def test_names_refused(name: str) -> None:
    assert subdomain(name)


@pytest.mark.parametrize("key", ["a", "A.b_c-d", "example.com/Key", "a" * 63])
def test_keys(key: str) -> None:
    assert qualified_name(key) == []


@pytest.mark.parametrize("key", ["", "a b", "/a", "a/", "a/b/c", "Example.com/a", "a" * 64, "-a"])
def test_keys_refused(key: str) -> None:
    assert qualified_name(key)


@pytest.mark.parametrize(
    ("value", "good"), [("", True), ("A_1.b", True), ("a b", False), ("a" * 64, False), ("é", False)]
)
def test_values(value: str, good: bool) -> None:
    assert (not label_value(value)) is good


def test_metadata() -> None:
    found = list(metadata_errors("", {"a b": "c d"}, {"Example.com/Any": "thing", "e f": "g"}))
    assert [field for field, _ in found] == [
        "metadata.name",
        "metadata.labels.a b",
        "metadata.labels.a b",
        "metadata.annotations.e f",
    ]
    assert found[0][1] == "metadata.name: Required value: name or generateName is required"
