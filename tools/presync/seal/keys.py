"""The controller's certificates and private keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from presync.base import goyaml
from presync.base.errors import PresyncError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

MIN_BITS = 2048
MAX_BYTES = 4 * 1024 * 1024
_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")
_FETCH = "Fetch the controller's certificate with `kubeseal --fetch-cert`; it is public and belongs in the repository."


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a sealed-secrets controller.

    The fingerprint is that of the public key (SHA-256 of its DER form, the first 16 hexadecimal digits): a certificate
    that is issued again for the same key opens the same values. ``openssl x509 -in FILE -pubkey -noout | openssl pkey
    -pubin -outform der | sha256sum`` prints it.
    """

    file: str
    key: RSAPublicKey = field(repr=False)
    fingerprint: str
    not_after: datetime

    def refuse_expired(self, now: datetime) -> None:
        """As kubeseal does: the controller has long made a newer key, and this one may be gone.

        Raises:
            PresyncError: with the date.
        """
        if now > self.not_after:
            raise PresyncError(f"{self.file}: the certificate expired on {self.not_after:%Y-%m-%d}", _FETCH)


def read_certificates(data: bytes, file: str) -> tuple[Certificate, ...]:
    """Every certificate of a PEM file; the first is the one to seal with, the others are older.

    Raises:
        PresyncError: no certificate in it, or one that cannot be read; says so when it is a private key instead.
    """
    from cryptography import x509  # noqa: PLC0415 - 15 ms that most verbs do not need

    blocks = _blocks(data)
    found = []
    for kind, block in blocks:
        if kind != "CERTIFICATE":
            continue
        try:
            certificate = x509.load_pem_x509_certificate(block)
            key = certificate.public_key()
        except Exception:  # noqa: BLE001 - the library's errors are many and say little
            raise PresyncError(f"{file}: the certificate is damaged", _FETCH) from None
        checked = _rsa(key, file)
        found.append(Certificate(file, checked, fingerprint(checked), certificate.not_valid_after_utc))
    if not found:
        raise PresyncError(f"{file}: {_what_else([kind for kind, _ in blocks], data)}", _FETCH)
    return tuple(found)


def _blocks(data: bytes) -> list[tuple[str, bytes]]:
    """Kind and text of every PEM block."""
    found: list[tuple[str, bytes]] = []
    kind, lines = "", list[bytes]()
    for raw in data.splitlines():
        line = raw.strip()
        if match := _BEGIN.fullmatch(line):
            kind, lines = match[1].decode("ascii"), []
        if kind:
            lines.append(line + b"\n")
        if kind and line == b"-----END " + kind.encode() + b"-----":
            found.append((kind, b"".join(lines)))
            kind = ""
    return found


def _rsa(key: Any, file: str) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    if not isinstance(key, RSAPublicKey):
        raise PresyncError(f"{file}: the certificate holds no RSA key, and sealed-secrets knows no other", _FETCH)
    if key.key_size < MIN_BITS:
        raise PresyncError(f"{file}: an RSA key of {key.key_size} bits is too short; {MIN_BITS} is the least", _FETCH)
    return key


def _what_else(kinds: list[str], data: bytes) -> str:
    if any(kind.endswith("PRIVATE KEY") for kind in kinds):
        return "this is a private key, not a certificate; keep it out of the repository"
    if kinds:
        return f"this is a {kinds[0].lower()}, not a certificate"
    return "this is no PEM certificate" if data.strip() else "the file is empty"


def fingerprint(key: RSAPublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the public key in DER form."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]


def read_private_keys(data: bytes, file: str) -> Mapping[str, RSAPrivateKey]:
    """The private keys of a file by fingerprint: PEM, or Secrets exported from the controller (YAML or JSON, a List).

    Raises:
        PresyncError: no RSA key in it. Says nothing of the content.
    """
    if not data.strip():
        raise PresyncError(f"{file}: the file is empty", "Export the key as `presync rotate --help` shows.")
    is_pem = data.lstrip().startswith((b"-----BEGIN ", b"Bag Attributes"))
    found: dict[str, RSAPrivateKey] = {}
    for text in [data] if is_pem else _exported(data, file):
        for kind, block in _blocks(text):
            if kind.endswith("PRIVATE KEY"):
                key = _private_key(block, file)
                found[fingerprint(key.public_key())] = key
    if not found:
        raise PresyncError(f"{file}: there is no private key in it", "Export the key as `presync rotate --help` shows.")
    return found


def _private_key(pem: bytes, file: str) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        raise PresyncError(
            f"{file}: the private key is encrypted",
            "Decrypt it into a pipe: openssl pkey -in FILE | presync rotate --private-key - ...",
        ) from None
    except Exception:  # noqa: BLE001 - whatever the library says might quote the key
        raise PresyncError(f"{file}: the private key is damaged or of a kind presync does not know") from None
    if not isinstance(key, RSAPrivateKey):
        raise PresyncError(f"{file}: the private key is no RSA key, and sealed-secrets knows no other")
    return key


def _exported(data: bytes, file: str) -> Iterator[bytes]:
    """``tls.key`` of every Secret of a manifest."""
    try:
        documents = [document.data for document in goyaml.documents(goyaml.decode(data))]
    except goyaml.GoYamlError as error:
        raise PresyncError(f"{file}: neither PEM nor YAML (line {error.line})") from None
    for document in documents:
        items = document.get("items") if isinstance(document, Mapping) else None
        for item in items if isinstance(items, list) else [document]:
            values = item.get("data") if isinstance(item, Mapping) else None
            text = values.get("tls.key") if isinstance(values, Mapping) else None
            if isinstance(text, str):
                try:
                    yield base64.b64decode(text, validate=False)
                except binascii.Error:
                    raise PresyncError(f"{file}: tls.key of an exported Secret is not base64") from None
