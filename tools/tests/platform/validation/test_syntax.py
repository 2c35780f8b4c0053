"""Names, quantities and schedules."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presync.platform.validation import names
from presync.platform.validation.quantities import quantity
from presync.platform.validation.schedules import schedule, time_zone


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (names.dns_label, ["a", "1a", "a-b", "a" * 63], ["", "A", "-a", "a-", "a.b", "a_b", "a" * 64]),
        (names.dns_label_1035, ["a", "a1"], ["1a", ""]),
        (names.dns_subdomain, ["a.b", "a" * 253], ["a..b", ".a", "a" * 254, "a b"]),
        (names.wildcard_subdomain, ["*.a.b"], ["*", "a.*", "*a.b"]),
        (names.path_segment, ["system:a", "A_b"], [".", "..", "a/b", "a%b"]),
        (names.qualified, ["a", "a.b/C_d", "A"], ["", "a/", "/a", "a/b/c", "A_/b", "-a", "x/" + "a" * 64]),
        (names.label_value, ["", "a", "A_b.c", "1"], ["-a", "a b", "a/b", "a" * 64]),
        (names.config_key, ["a", ".a", "a.B_c-d"], ["", ".", "..", "..a", "a/b", "a" * 254]),
        (names.port_name, ["http", "a-1"], ["", "8080", "a--b", "-a", "a-", "A", "a" * 16, "a_b"]),
        (names.header_name, ["X-A"], ["", "a b", "a_b"]),
    ],
)
def test_names(check: names.Check, good: list[str], bad: list[str]) -> None:
    assert [name for name in good if check(name)] == []
    assert [name for name in bad if not check(name)] == []


def test_names_of_variables_were_stricter_once() -> None:
    assert names.env_name("a b", relaxed=False) and not names.env_name("a b", relaxed=True)
    assert names.env_name("1a", relaxed=False) and names.env_name("a=b", relaxed=True)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", 1),
        ("500m", "0.5"),
        (".5", "0.5"),
        ("1.5Gi", 1610612736),
        ("1e3", 1000),
        ("1E3", 1000),
        ("2k", 2000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("100n", "1e-7"),
        ("-1", -1),
        (2, 2),
        (1.5, "1.5"),
        ("1 ", None),
        ("1KB", None),
        ("1 core", None),
        ("", None),
        ("Gi", None),
        (True, None),
        (None, None),
        ("1e999999999", None),
    ],
)
def test_quantity(text: object, amount: object) -> None:
    assert quantity(text) == (None if amount is None else Decimal(str(amount)))


@given(st.text(max_size=40))
def test_any_text_gives_an_answer(text: str) -> None:
    assert quantity(text) is None or isinstance(quantity(text), Decimal)
    assert isinstance(schedule(text), str)
    for check in (names.dns_label, names.dns_subdomain, names.qualified, names.label_value, names.config_key):
        assert isinstance(check(text), str)


@pytest.mark.parametrize(
    "text",
    ["* * * * *", "*/5 * * * *", "0 0 1,15 * mon-fri", "0-30/10 1 ? JAN *", "@daily", "@every 1h30m", "5/15 * * * *"],
)
def test_schedule(text: str) -> None:
    assert schedule(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("* * * *", "expected exactly 5 fields, found 4"),
        ("60 * * * *", "minute: end of range (60) above maximum (59)"),
        ("* * 0 * *", "below minimum"),
        ("* * * * 7", "day of week"),
        ("5-1 * * * *", "beyond end of range"),
        ("*/0 * * * *", "positive number"),
        ("a * * * *", "failed to parse int"),
        ("@fortnightly", "unrecognized descriptor"),
        ("TZ=UTC 0 0 * * *", "timeZone field"),
    ],
)
def test_schedule_that_is_none(text: str, why: str) -> None:
    assert why in schedule(text)


def test_time_zone() -> None:
    assert time_zone("Asia/Seoul") == "" and time_zone("Etc/UTC") == ""
    assert "unknown" in time_zone("Asia/Soul") and "explicit" in time_zone("Local") and "nil" in time_zone("")
