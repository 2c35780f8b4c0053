"""What is due, and sealing it again."""

from __future__ import annotations

import copy
import datetime

import pytest

from presync.base.errors import PresyncError
from presync.seal.keys import Certificate, read_certificates, read_private_keys
from presync.seal.rotation import State, judge, reseal
from presync.seal.scope import Scope
from presync.seal.sealed import SealedSecret, put_values, seal_secret
from presync.seal.secret import Secret

from .conftest import TODAY, Pair, decrypt, make_pair

SECRET = Secret("a", "ns", {"a": b"1", "b": b"\0\xff"})


@pytest.fixture(scope="module")
def old(pair: Pair) -> Certificate:
    return read_certificates(pair.pem, "old.pem")[0]


@pytest.fixture(scope="module")
def new(other: Pair) -> Certificate:
    return read_certificates(other.pem, "new.pem")[0]


def test_judge(old: Certificate, new: Certificate) -> None:
    document = seal_secret(SECRET, Scope.STRICT, old, TODAY - datetime.timedelta(days=40))
    sealed = SealedSecret(document)
    assert judge(sealed, old, None, TODAY).state is State.CURRENT
    assert judge(sealed, old, 40, TODAY).state is State.CURRENT
    assert judge(sealed, old, 39, TODAY).reason == "sealed 40 days ago"
    assert judge(sealed, new, None, TODAY).reason == f"sealed with certificate {old.fingerprint}"
    put_values(document, {"a": b"2"}, new, TODAY)
    assert judge(sealed, new, None, TODAY).state is State.DUE
    put_values(document, {"b": b"2"}, new, TODAY)
    assert judge(sealed, new, 1, TODAY).state is State.CURRENT


def test_judge_without_a_record(old: Certificate) -> None:
    document = seal_secret(SECRET, Scope.STRICT, old, TODAY)
    del document["metadata"]["annotations"]
    assert judge(SealedSecret(document), old, None, TODAY).state is State.UNKNOWN
    [longer] = read_certificates(make_pair(3072).pem, "c")
    assert judge(SealedSecret(document), longer, None, TODAY).reason == "sealed for a key of 2048 bits, not 3072"
    document["spec"]["encryptedData"]["a"] = "x"
    assert "not base64" in judge(SealedSecret(document), old, None, TODAY).reason
    document["spec"]["encryptedData"] = {}
    assert judge(SealedSecret(document), old, None, TODAY).reason == "there is no value in it"


@pytest.mark.parametrize("scope", list(Scope))
def test_reseal(scope: Scope, old: Certificate, new: Certificate, pair: Pair, other: Pair) -> None:
    document = seal_secret(SECRET, scope, old, TODAY - datetime.timedelta(days=400))
    before = copy.deepcopy(document)
    reseal(document, read_private_keys(pair.private_pem, "k"), new, TODAY)
    sealed = SealedSecret(document)
    label = sealed.binding.label
    assert {key: decrypt(other.key, text, label) for key, text in sealed.encrypted.items()} == SECRET.values
    assert judge(sealed, new, 0, TODAY).state is State.CURRENT
    for one in (document, before):
        one["spec"].pop("encryptedData")
        one["metadata"]["annotations"].pop("presync.example.com/sealed-keys")
    assert document == before


def test_reseal_changes_nothing_when_one_value_does_not_open(old: Certificate, new: Certificate, pair: Pair) -> None:
    document = seal_secret(SECRET, Scope.STRICT, old, TODAY)
    put_values(document, {"b": b"x"}, new, TODAY)
    before = copy.deepcopy(document)
    with pytest.raises(PresyncError, match="b: sealed with certificate"):
        reseal(document, read_private_keys(pair.private_pem, "k"), new, TODAY)
    assert document == before


def test_reseal_of_a_renamed_one(old: Certificate, new: Certificate, pair: Pair) -> None:
    document = seal_secret(SECRET, Scope.STRICT, old, TODAY)
    document["metadata"]["name"] = "renamed"
    with pytest.raises(PresyncError, match="cannot be opened as strict:ns/renamed"):
        reseal(document, read_private_keys(pair.private_pem, "k"), new, TODAY)


def test_reseal_of_an_empty_one(new: Certificate) -> None:
    document = {"metadata": {"name": "a"}, "spec": {"data": "x"}}
    with pytest.raises(PresyncError, match=r"deprecated spec\.data"):
        reseal(document, {}, new, TODAY)
