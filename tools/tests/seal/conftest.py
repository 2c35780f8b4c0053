"""Key pairs as a controller makes them, and reading a SealedSecret without presync's own code."""

from __future__ import annotations

import base64
import datetime
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from presync.base.errors import PresyncError
from presync.commands import cli

TODAY = datetime.date(2026, 11, 22)
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)

MANIFEST = """\
apiVersion: v1
kind: Secret
metadata:
  name: redis-auth
  namespace: redis-dev
  labels: {team: "1"}
type: Opaque
data:
  password: aHVudGVyMg==
stringData:
  user: feast
"""


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate."""

    key: rsa.RSAPrivateKey
    pem: bytes  # the certificate

    @property
    def private_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def make_pair(bits: int = 2048, days: int = 3650, key: rsa.RSAPrivateKey | None = None) -> Pair:
    """Self-signed and valid from ``TODAY``; negative days: expired."""
    key = key or rsa.generate_private_key(65537, bits)
    return Pair(key, sign(key, days))


def sign(key: rsa.RSAPrivateKey, days: int) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sealed-secret")])
    end = NOW + datetime.timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(end - datetime.timedelta(days=4000)).not_valid_after(end)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture(scope="session")
def pair() -> Pair:
    """The key of a controller."""
    return make_pair()


@pytest.fixture(scope="session")
def other() -> Pair:
    """The key of another controller."""
    return make_pair()


def decrypt(key: rsa.RSAPrivateKey, text: str, label: bytes) -> bytes:
    """What the controller does, written a second time from its description."""
    raw = base64.b64decode(text, validate=True)
    length = raw[0] * 256 + raw[1]
    oaep = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=label)
    session_key = key.decrypt(raw[2 : 2 + length], oaep)
    assert len(session_key) == 32
    return AESGCM(session_key).decrypt(b"\0" * 12, raw[2 + length :], None)


def open_sealed(key: rsa.RSAPrivateKey, text: str) -> dict[str, bytes]:
    """The values of a SealedSecret file, under the label that its metadata gives."""
    data = yaml.safe_load(text)
    metadata = data["metadata"]
    annotations = metadata.get("annotations", {})
    if annotations.get("sealedsecrets.bitnami.com/cluster-wide") == "true":
        label = ""
    elif annotations.get("sealedsecrets.bitnami.com/namespace-wide") == "true":
        label = metadata["namespace"]
    else:
        label = f"{metadata['namespace']}/{metadata['name']}"
    return {key_: decrypt(key, value, label.encode()) for key_, value in data["spec"]["encryptedData"].items()}


@dataclass(frozen=True)
class Done:
    """What a verb did."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


Run = Callable[..., Done]


class _Pipe(io.TextIOWrapper):
    """Standard input that is no terminal."""

    def isatty(self) -> bool:
        return False


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """A verb in this process, in an empty folder, with bytes on standard input."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", _Pipe(io.BytesIO(stdin)))
        capfd.readouterr()
        try:
            code = cli.main(["-C", str(tmp_path), *map(str, arguments)], standalone_mode=False)
        except PresyncError as error:
            click.echo(str(error), err=True)
            code = 2
        except click.ClickException as error:
            error.show()
            code = 2
        return Done(code, *capfd.readouterr())

    return call
