"""The encryption against an independent decryption, for any value."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presync.seal import envelope
from presync.seal.envelope import EnvelopeError

from .conftest import Pair, decrypt

LABELS = st.sampled_from([b"", b"ns", b"ns/name", b"x" * 300])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.binary(max_size=4096), label=LABELS)
def test_any_value_is_opened_by_other_code(pair: Pair, value: bytes, label: bytes) -> None:
    text = envelope.seal(pair.key.public_key(), value, label)
    assert decrypt(pair.key, text, label) == value
    assert envelope.unseal([pair.key], text, label) == value


@pytest.mark.parametrize("value", [b"", b"\0", b"\xff" * 1024 * 1024], ids=["empty", "zero", "1 MiB"])
def test_extreme_values(pair: Pair, value: bytes) -> None:
    assert decrypt(pair.key, envelope.seal(pair.key.public_key(), value, b"a/b"), b"a/b") == value


def test_never_the_same_twice(pair: Pair) -> None:
    assert len({envelope.seal(pair.key.public_key(), b"x", b"") for _ in range(5)}) == 5


def test_one_line_that_begins_with_the_length_of_the_rsa_block(pair: Pair) -> None:
    text = envelope.seal(pair.key.public_key(), b"x" * 1000, b"")
    assert text.isascii() and "\n" not in text
    assert base64.b64decode(text)[:2] == (256).to_bytes(2, "big")
    assert len(envelope.parse(text).session) == 256


def test_another_label_or_key_does_not_open(pair: Pair, other: Pair) -> None:
    text = envelope.seal(pair.key.public_key(), b"geheim", b"ns/name")
    for keys, label in (([pair.key], b"ns/other"), ([other.key], b"ns/name"), ([], b"ns/name")):
        with pytest.raises(EnvelopeError) as caught:
            envelope.unseal(keys, text, label)
        assert "geheim" not in str(caught.value)
    assert envelope.unseal([other.key, pair.key], text, b"ns/name") == b"geheim"


def test_every_changed_byte_is_noticed(pair: Pair) -> None:
    raw = base64.b64decode(envelope.seal(pair.key.public_key(), b"value", b"l"))
    for index in (2, 100, 257, 258, len(raw) - 1):
        changed = raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]
        with pytest.raises(EnvelopeError):
            envelope.unseal([pair.key], base64.b64encode(changed).decode(), b"l")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too short"),
        ("AA==", "too short"),
        ("AgA=", "too short"),
        (base64.b64encode(b"\2\0" + b"x" * 527).decode(), "too short"),
        (base64.b64encode(b"\0\0" + b"x" * 527).decode(), "RSA block would have 0 bytes"),
        ("plain text", "not base64"),
        ("AgAé", "not base64"),
        ("AgA", "not base64"),
        ("AgA==", "not base64"),
    ],
)
def test_parse_refuses(text: str, reason: str) -> None:
    with pytest.raises(EnvelopeError, match=reason):
        envelope.parse(text)


def test_parse_passes_over_line_breaks_as_go_does(pair: Pair) -> None:
    text = envelope.seal(pair.key.public_key(), b"v", b"")
    folded = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    assert envelope.parse(folded) == envelope.parse(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=600).map(lambda raw: base64.b64encode(raw).decode()))
def test_parse_never_fails_otherwise(text: str) -> None:
    with contextlib.suppress(EnvelopeError):
        envelope.parse(text)
