"""Making SealedSecrets and putting values into them."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from presync.base.errors import PresyncError
from presync.seal.keys import Certificate, read_certificates, read_private_keys
from presync.seal.scope import Binding, Scope
from presync.seal.sealed import SealedSecret, is_sealed_secret, merge_secret, put_values, seal_secret, unseal_values
from presync.seal.secret import Secret

from .conftest import TODAY, Pair, decrypt

SECRET = Secret(
    "a", "ns", {"b": b"2", "a": b"1"}, "Opaque", {"l": "1"}, {"x": "y"}, finalizers=("f.example.com/a",), immutable=True
)
LABEL = {Scope.STRICT: b"ns/a", Scope.NAMESPACE_WIDE: b"ns", Scope.CLUSTER_WIDE: b""}


@pytest.fixture(scope="session")
def certificate(pair: Pair) -> Certificate:
    return read_certificates(pair.pem, "c")[0]


@pytest.mark.parametrize("scope", list(Scope))
def test_seal(scope: Scope, certificate: Certificate, pair: Pair) -> None:
    document = seal_secret(SECRET, scope, certificate, TODAY)
    assert is_sealed_secret(document)
    annotations = document["metadata"].pop("annotations")
    encrypted = document["spec"].pop("encryptedData")
    declared = {} if scope is Scope.STRICT else {f"sealedsecrets.bitnami.com/{scope}": "true"}
    assert document == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {
            "template": {
                "metadata": {
                    "name": "a",
                    "namespace": "ns",
                    "annotations": declared | {"x": "y"},
                    "labels": {"l": "1"},
                    "finalizers": ["f.example.com/a"],
                },
                "type": "Opaque",
                "immutable": True,
            }
        },
    }
    assert declared.items() <= annotations.items()
    assert list(encrypted) == ["a", "b"]
    assert {key: decrypt(pair.key, text, LABEL[scope]) for key, text in encrypted.items()} == SECRET.values


def test_nothing_that_is_not_there(certificate: Certificate) -> None:
    document = seal_secret(Secret("a", "", {"k": b"v"}), Scope.CLUSTER_WIDE, certificate, TODAY)
    assert document["metadata"]["name"] == "a" and "namespace" not in document["metadata"]
    assert document["spec"]["template"] == {
        "metadata": {"name": "a", "annotations": {"sealedsecrets.bitnami.com/cluster-wide": "true"}}
    }


def test_record(certificate: Certificate) -> None:
    sealed = SealedSecret(seal_secret(SECRET, Scope.STRICT, certificate, TODAY))
    assert sealed.record.binding == sealed.binding == Binding(Scope.STRICT, "ns", "a")
    known = sealed.record.known("a", sealed.encrypted["a"])
    assert known and (known.certificate, known.sealed) == (certificate.fingerprint, TODAY)


def test_merge(certificate: Certificate, pair: Pair) -> None:
    document = seal_secret(SECRET, Scope.STRICT, certificate, TODAY)
    before = copy.deepcopy(document)
    merge_secret(document, Secret("a", "ns", {"b": b"new", "c": b"3"}, labels={"m": "2"}), certificate, TODAY)
    encrypted = document["spec"]["encryptedData"]
    assert encrypted["a"] == before["spec"]["encryptedData"]["a"]
    assert {key: decrypt(pair.key, text, b"ns/a") for key, text in encrypted.items()} == {
        "a": b"1",
        "b": b"new",
        "c": b"3",
    }
    assert document["spec"]["template"]["metadata"]["labels"] == {"l": "1", "m": "2"}
    sealed = SealedSecret(document)
    assert all(sealed.record.known(key, text) for key, text in encrypted.items())


def test_merge_claims_nothing_about_what_others_sealed(certificate: Certificate) -> None:
    document = seal_secret(SECRET, Scope.STRICT, certificate, TODAY)
    document["spec"]["encryptedData"]["a"] = "AgBchangedByHand="
    del document["spec"]["encryptedData"]["b"]
    merge_secret(document, Secret("a", "ns", {"c": b"3"}), certificate, TODAY)
    assert list(SealedSecret(document).record.keys) == ["c"]


def test_what_kubeseal_re_encrypts_gets_its_record_back(certificate: Certificate) -> None:
    document = seal_secret(SECRET, Scope.STRICT, certificate, TODAY)
    document["spec"]["template"]["metadata"]["annotations"] |= document["metadata"].pop("annotations")
    put_values(document, {"a": b"1"}, certificate, TODAY)
    assert document["spec"]["template"]["metadata"]["annotations"] == {"x": "y"}
    assert list(SealedSecret(document).record.keys) == ["a"]


def test_merge_into_a_bare_one(certificate: Certificate, pair: Pair) -> None:
    document = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "a", "namespace": "n"},
    }
    merge_secret(document, Secret("a", "n", {"k": b"v"}, labels={"l": "1"}), certificate, TODAY)
    sealed = SealedSecret(document)
    assert decrypt(pair.key, sealed.encrypted["k"], b"n/a") == b"v"


def test_merge_refuses(certificate: Certificate) -> None:
    document = seal_secret(SECRET, Scope.STRICT, certificate, TODAY)
    with pytest.raises(PresyncError, match=r"of type Opaque, not kubernetes\.io/tls"):
        merge_secret(document, replace(SECRET, type="kubernetes.io/tls"), certificate, TODAY)
    document["metadata"]["name"] = "renamed"
    with pytest.raises(PresyncError, match="was sealed for the name a in the namespace ns"):
        merge_secret(document, SECRET, certificate, TODAY)
    document["metadata"]["annotations"]["presync.example.com/sealed-keys"] = "?"
    with pytest.raises(PresyncError, match="line 1"):
        merge_secret(document, SECRET, certificate, TODAY)


def test_unseal(certificate: Certificate, pair: Pair, other: Pair) -> None:
    sealed = SealedSecret(seal_secret(SECRET, Scope.NAMESPACE_WIDE, certificate, TODAY))
    assert unseal_values(sealed, read_private_keys(other.private_pem + pair.private_pem, "k")) == SECRET.values


def test_unseal_says_which_and_why_and_nothing_else(certificate: Certificate, pair: Pair, other: Pair) -> None:
    secret = Secret("a", "ns", {"good": b"geheim", "bad": b"geheim", "worse": b"geheim"})
    document = seal_secret(secret, Scope.STRICT, certificate, TODAY)
    [foreign] = read_certificates(other.pem, "o")
    put_values(document, {"bad": b"geheim"}, foreign, TODAY)
    document["spec"]["encryptedData"]["worse"] = "AAAA"
    with pytest.raises(PresyncError) as caught:
        unseal_values(SealedSecret(document), read_private_keys(pair.private_pem, "k"))
    text = str(caught.value)
    assert f"bad: sealed with certificate {foreign.fingerprint}" in text
    assert "worse: it is too short" in text
    assert "good" not in text and "geheim" not in text


@pytest.mark.parametrize(
    "data", [{}, {"metadata": None, "spec": []}, {"metadata": {"annotations": 3}, "spec": {"template": 1}}]
)
def test_a_view_of_anything(data: dict[str, object]) -> None:
    sealed = SealedSecret(data, "default")
    assert (sealed.name, sealed.namespace, sealed.encrypted, sealed.template_annotations) == ("", "default", {}, {})
    assert str(sealed) == "default/"
    assert not is_sealed_secret(data)
