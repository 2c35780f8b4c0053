"""By which names two environments differ throughout."""

from __future__ import annotations

from typing import Any

import pytest

from presync.change.promotion.facts import Facts

FACTS = Facts(
    "dev",
    "prod",
    [
        ("dev.example.com", "example.com"),
        ("letsencrypt-staging", "letsencrypt"),
        ("info", "debug"),  # no name: a word that happens to differ
        ("s3://raw-dev/events", "s3://raw-prod-eu/events"),
    ],
)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("redis-dev", "redis-prod"),
        ("DEV_URL", "PROD_URL"),
        ("https://feast.dev.example.com/x", "https://feast.example.com/x"),
        ("mount /dev/shm in redis-dev", "mount /dev/shm in redis-prod"),
        ("git.example.com and a.dev.example.com", "git.example.com and a.example.com"),
        ("letsencrypt-staging", "letsencrypt"),
        ("from s3://raw-dev/events", "from s3://raw-prod-eu/events"),
        ("a-dev\nb\n", "a-prod\nb\n"),
        (["--ns=a-dev", "-v"], ["--ns=a-prod", "-v"]),
        ("  checksum/config: 0a1b", "  checksum/config: 9f8e"),
    ],
)
def test_alike(here: Any, there: Any) -> None:
    assert FACTS.alike(here, there)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("1", 1),
        ("redis-dev", "redis-production"),
        ("developer", "producer"),
        ("info", "debug"),
        ("a-dev\nb", "a-prod"),
        (["a-dev"], ["a-prod", "b"]),
        ("10", "20"),
        ("other.dev.example.org", "other.example.org"),
    ],
)
def test_not_alike(here: Any, there: Any) -> None:
    assert not FACTS.alike(here, there)


def test_differences_show_what_stands_there() -> None:
    here = {"web-dev": {"hosts": [{"host": "a.dev.example.com", "weight": 80}], "zone": "dev-1"}}
    there = {"web-prod": {"hosts": [{"host": "a.example.com", "weight": 443}], "zone": "x-prod"}}
    found = {".".join(map(str, one.path)): (one.old, one.new, one.base) for one in FACTS.differences(here, there)}
    assert found == {
        "web-prod.hosts.[host=a.example.com].weight": (80, 443, ("web-dev", "hosts", 0, "weight")),
        "web-prod.zone": ("dev-1", "x-prod", ("web-dev", "zone")),
    }


def test_back() -> None:
    assert FACTS.back({"ns": "a-prod", "n": 3, "l": ["x.example.com"]}) == {
        "ns": "a-dev",
        "n": 3,
        "l": ["x.dev.example.com"],
    }
