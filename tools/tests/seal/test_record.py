"""The record beside the values."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presync.seal.record import SEALED_FOR, SEALED_KEYS, KeyRecord, Record, digest, read_record
from presync.seal.scope import Binding, Scope

HEX = st.text("0123456789abcdef", min_size=16, max_size=16)
KEYS = st.dictionaries(
    st.from_regex(r"[-._a-zA-Z0-9]{1,40}", fullmatch=True), st.builds(KeyRecord, HEX, st.dates(), HEX), max_size=5
)


@given(KEYS)
def test_reads_what_it_writes(keys: dict[str, KeyRecord]) -> None:
    record = Record(Binding(Scope.STRICT, "ns", "name"), keys)
    assert read_record(record.annotations()) == record


def test_none_is_no_record() -> None:
    assert read_record({}) == Record()
    assert read_record({"a": "b"}).binding is None


def test_form() -> None:
    known = KeyRecord("0" * 16, datetime.date(2026, 11, 22), "f" * 16)
    assert Record(Binding(Scope.CLUSTER_WIDE), {"b": known, "a": known}).annotations() == {
        SEALED_FOR: "cluster-wide",
        SEALED_KEYS: (
            "a certificate=0000000000000000 sealed=2026-11-22 ciphertext=ffffffffffffffff\n"
            "b certificate=0000000000000000 sealed=2026-11-22 ciphertext=ffffffffffffffff\n"
        ),
    }


def test_known_only_while_the_ciphertext_is_the_same() -> None:
    record = Record(Binding(Scope.CLUSTER_WIDE), {"a": KeyRecord("0" * 16, datetime.date.min, digest("AgB="))})
    assert record.known("a", "AgB=")
    assert record.known("a", "Ag\nB=\n")
    assert record.known("a", "AgC=") is None
    assert record.known("b", "AgB=") is None
    assert record.known("a", None) is None


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({SEALED_FOR: "me"}, "sealed-for is not of the form"),
        ({SEALED_KEYS: ""}, "sealed-for is not of the form"),
        ({SEALED_FOR: "cluster-wide", SEALED_KEYS: "a\n"}, "line 1 of"),
        (
            {
                SEALED_FOR: "cluster-wide",
                SEALED_KEYS: f"a certificate={'0' * 16} sealed=2026-13-01 ciphertext={'0' * 16}",
            },
            "line 1",
        ),
        ({SEALED_FOR: 3, SEALED_KEYS: None}, "sealed-for"),
        (
            {
                SEALED_FOR: "cluster-wide",
                SEALED_KEYS: f"a certificate={'0' * 16} sealed=2026-01-01 ciphertext={'0' * 16}\n" * 2,
            },
            "line 2",
        ),
    ],
)
def test_damaged(annotations: dict[str, object], reason: str) -> None:
    assert reason in read_record(annotations).broken


@given(st.dictionaries(st.sampled_from([SEALED_FOR, SEALED_KEYS]), st.text() | st.none() | st.integers()))
def test_anything_can_be_read(annotations: dict[str, object]) -> None:
    read_record(annotations)
