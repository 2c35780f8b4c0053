"""The encryption of one value, byte for byte what kubeseal writes.

``base64(length of the RSA block, 2 bytes || RSA block || AES-256-GCM of the value)``. The RSA block is a fresh session
key under RSA-OAEP with SHA-256 and the binding's label; the nonce is zero because no session key is used twice. So the
same value never gives the same text twice.
https://github.com/bitnami-labs/sealed-secrets/blob/v0.40.0/pkg/crypto/crypto.go
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

LENGTH_BYTES = 2
SESSION_KEY_BYTES = 32
TAG_BYTES = 16  # what AES-GCM adds to the value
MIN_BLOCK, MAX_BLOCK = 128, 2048  # bytes of the RSA block: keys of 1,024 to 16,384 bits
_NONCE = bytes(12)


class EnvelopeError(ValueError):
    """The text is not a sealed value, or no key opens it. Carries nothing of the value."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The two parts of a sealed value."""

    session: bytes  # the session key under RSA; as long as the modulus of the key that opens it
    body: bytes


def parse(text: str) -> Envelope:
    """Take a sealed value apart without opening it.

    Raises:
        EnvelopeError: not base64, too short to hold both parts, or an RSA block of no key's length.
    """
    try:
        # Go's decoder passes over line breaks and nothing else.
        raw = binascii.a2b_base64(text.replace("\n", "").replace("\r", "").encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        raise EnvelopeError("it is not base64") from None
    length = int.from_bytes(raw[:LENGTH_BYTES], "big")
    if len(raw) < LENGTH_BYTES + length + TAG_BYTES:
        raise EnvelopeError(f"it is too short for a sealed value ({len(raw)} bytes)")
    if not MIN_BLOCK <= length <= MAX_BLOCK:
        raise EnvelopeError(f"its RSA block would have {length} bytes")
    return Envelope(raw[LENGTH_BYTES : LENGTH_BYTES + length], raw[LENGTH_BYTES + length :])


def seal(key: RSAPublicKey, value: bytes, label: bytes) -> str:
    """Encrypt ``value`` so that only the holder of the private key opens it, and only under the same label."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - rules read, they do not seal

    session_key = AESGCM.generate_key(SESSION_KEY_BYTES * 8)
    session = key.encrypt(session_key, _oaep(label))
    body = AESGCM(session_key).encrypt(_NONCE, value, None)
    return base64.b64encode(len(session).to_bytes(LENGTH_BYTES, "big") + session + body).decode("ascii")


def unseal(keys: Iterable[RSAPrivateKey], text: str, label: bytes) -> bytes:
    """Decrypt with the first key that fits.

    Raises:
        EnvelopeError: not a sealed value; or no key opens it under this label.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - rules read, they do not open
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    envelope = parse(text)
    for key in keys:
        try:
            session_key = key.decrypt(envelope.session, _oaep(label))
            return AESGCM(session_key).decrypt(_NONCE, envelope.body, None)
        except (ValueError, InvalidTag):
            continue
    raise EnvelopeError("none of the private keys opens it under its present name, namespace and scope")


def _oaep(label: bytes) -> padding.OAEP:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding  # noqa: PLC0415

    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label)
