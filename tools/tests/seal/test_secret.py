"""What Kubernetes would refuse is refused before it is sealed."""

from __future__ import annotations

import pytest

from presync.base.errors import PresyncError
from presync.seal.secret import MAX_BYTES, Secret, check_key, check_place, check_values


@pytest.mark.parametrize("key", ["password", ".dockerconfigjson", "a..b", "A_1-x", "x" * 253])
def test_keys(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize("key", ["", ".", "..", "..a", "a b", "a=b", "é", "x" * 254, "a\n"])
def test_no_keys(key: str) -> None:
    with pytest.raises(PresyncError) as caught:
        check_key(key)
    assert "a=b" not in str(caught.value)


@pytest.mark.parametrize(("name", "namespace"), [("a", "b"), ("a.b-c.1", "b-1"), ("x" * 253, "y" * 63)])
def test_places(name: str, namespace: str) -> None:
    check_place(name, namespace, True)


@pytest.mark.parametrize(
    ("name", "namespace", "reason"),
    [
        ("", "b", "has no name"),
        ("A", "b", "not a name of a Secret"),
        ("a/b", "b", "not a name of a Secret"),
        ("a..b", "b", "not a name of a Secret"),
        ("a\n", "b", "not a name of a Secret"),
        ("a", "", "namespace is not known"),
        ("a", "b.c", "not a name of a namespace"),
        ("a", "b\n", "not a name of a namespace"),
    ],
)
def test_no_places(name: str, namespace: str, reason: str) -> None:
    with pytest.raises(PresyncError, match=reason):
        check_place(name, namespace, True)


def test_only_cluster_wide_goes_without_a_namespace() -> None:
    check_place("a", "", False)


@pytest.mark.parametrize(
    ("values", "type_", "reason"),
    [
        ({}, "", "no value to seal"),
        ({"a": b""}, "", "the value of a is empty"),
        ({"a": b"x" * MAX_BYTES, "b": b"y"}, "", "1,048,577 bytes"),
        ({"a b": b"x"}, "", "a key of the Secret"),
        ({"tls.crt": b"x"}, "kubernetes.io/tls", "needs tls.crt and tls.key|needs tls.key"),
        ({"config.json": b"{}"}, "kubernetes.io/dockerconfigjson", "needs .dockerconfigjson"),
    ],
)
def test_values_refused(values: dict[str, bytes], type_: str, reason: str) -> None:
    with pytest.raises(PresyncError, match=reason):
        check_values(Secret("a", "b", values, type_), allow_empty=False)


def test_values_accepted() -> None:
    check_values(Secret("a", "b", {"a": b"x" * MAX_BYTES}), allow_empty=False)
    check_values(Secret("a", "b", {"a": b""}), allow_empty=True)
    check_values(Secret("a", "b", {"tls.key": b"x"}, "kubernetes.io/tls"), False, present={"tls.crt"})
