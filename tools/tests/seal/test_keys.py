"""Certificates and private keys, and everything people hand in instead."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from presync.base.errors import PresyncError
from presync.seal.keys import read_certificates, read_private_keys

from .conftest import NOW, Pair, make_pair, sign


def exported(pair: Pair, kind: str = "Secret") -> dict[str, object]:
    data = {
        name: base64.b64encode(pem).decode() for name, pem in (("tls.key", pair.private_pem), ("tls.crt", pair.pem))
    }
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "k"}, "type": "kubernetes.io/tls", "data": data}


def test_certificate(pair: Pair) -> None:
    [found] = read_certificates(pair.pem, "a.pem")
    der = pair.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert found.fingerprint == hashlib.sha256(der).hexdigest()[:16]
    assert found.key.public_numbers() == pair.key.public_key().public_numbers()
    found.refuse_expired(NOW)


@pytest.mark.parametrize(
    "change",
    [
        lambda pem: pem.replace(b"\n", b"\r\n"),
        lambda pem: b"# fetched on Monday\n\n" + pem + b"\n\n",
        lambda pem: b"".join(b"  " + line + b"\n" for line in pem.splitlines()),
        lambda pem: pem.rstrip(),
    ],
    ids=["CRLF", "comment", "indented", "no newline"],
)
def test_certificate_in_any_layout(pair: Pair, change: object) -> None:
    assert len(read_certificates(change(pair.pem), "a.pem")) == 1  # type: ignore[operator]


def test_a_new_certificate_for_the_same_key_has_the_same_fingerprint(pair: Pair, other: Pair) -> None:
    again = sign(pair.key, 30)
    fingerprints = [one.fingerprint for one in read_certificates(pair.pem + again + other.pem, "a.pem")]
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_expired(pair: Pair) -> None:
    [found] = read_certificates(sign(pair.key, -1), "old.pem")
    with pytest.raises(PresyncError, match=r"old.pem: the certificate expired on 2026-11-21"):
        found.refuse_expired(NOW)


def _elliptic() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ec")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW.replace(year=2036))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_what_is_no_certificate(pair: Pair) -> None:
    public = pair.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    damaged = b"\n".join(line for number, line in enumerate(pair.pem.split(b"\n")) if number != 3)
    cases = {
        b"": "the file is empty",
        b"\n \n": "the file is empty",
        pair.private_pem: "this is a private key, not a certificate",
        public: "this is a public key, not a certificate",
        b"hello": "no PEM certificate",
        pair.pem[:-30]: "no PEM certificate",
        damaged: "the certificate is damaged",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "the certificate is damaged",
        _elliptic(): "no RSA key",
    }
    for data, reason in cases.items():
        with pytest.raises(PresyncError, match=reason) as caught:
            read_certificates(data, "a.pem")
        assert "AAAA" not in str(caught.value)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(PresyncError, match="1024 bits is too short"):
        read_certificates(make_pair(1024).pem, "a.pem")


def test_hostile_pem_takes_no_time(pair: Pair) -> None:
    data = b"-----BEGIN CERTIFICATE-----\n" * 50_000 + pair.pem
    assert len(read_certificates(data, "a.pem")) == 1


def test_private_keys_as_pem(pair: Pair, other: Pair) -> None:
    pkcs8 = other.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    found = read_private_keys(pair.private_pem + pkcs8, "k")
    assert sorted(found) == sorted(one.fingerprint for one in read_certificates(pair.pem + other.pem, "c"))


def test_private_keys_as_kubectl_exports_them(pair: Pair, other: Pair) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [exported(pair), exported(other)]}
    stream = yaml.safe_dump_all([exported(pair), exported(other)])
    for text in (yaml.safe_dump(listed), json.dumps(listed), stream):
        assert len(read_private_keys(text.encode(), "k")) == 2


def test_private_keys_that_are_none(pair: Pair) -> None:
    encrypted = pair.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"p"))
    pkcs8 = pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"p"))
    damaged = pair.private_pem[:100] + b"XYZXYZ" + pair.private_pem[106:]
    secret = {"kind": "Secret", "data": {"tls.key": "XYZXYZ!"}}
    cases = {
        b"": "the file is empty",
        pair.pem: "no private key",
        encrypted: "is encrypted",
        pkcs8: "is encrypted",
        damaged: "damaged",
        b"XYZXYZ: [": "neither PEM nor YAML",
        json.dumps(secret).encode(): "no private key|not base64",
        b"kind: Secret\ndata: 3\n": "no private key",
        b"- 1\n": "no private key",
    }
    for data, reason in cases.items():
        with pytest.raises(PresyncError, match=reason) as caught:
            read_private_keys(data, "k")
        assert "XYZXYZ" not in str(caught.value)


def test_the_key_of_another_algorithm_is_named() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(PresyncError, match="no RSA key"):
        read_private_keys(pem, "k")


def test_keys_show_in_no_representation(pair: Pair) -> None:
    [found] = read_certificates(pair.pem, "a.pem")
    assert "RSAPublicKey" not in repr(found)
    assert isinstance(found.key, rsa.RSAPublicKey)
