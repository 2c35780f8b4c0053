"""The globs of AppProjects."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presync.argocd.patterns import file_match, glob, regular_expression


@pytest.mark.parametrize(
    ("pattern", "text", "separators", "fits"),
    [
        ("*", "a/b", "", True),
        ("*", "a/b", "/", False),
        ("**", "a/b", "/", True),
        ("https://*.example.com/**", "https://git.example.com/a/b", "/", True),
        ("a?c", "abc", "/", True),
        ("a?c", "a/c", "/", False),
        ("{dev,prod}-*", "prod-a", "", True),
        ("{dev,{stage,prod}}-a", "stage-a", "", True),
        ("a{,b}", "a", "", True),
        ("[a-c]x", "bx", "", True),
        ("[!a-c]x", "bx", "", False),
        ("[abc]x", "cx", "", True),
        (r"a\*", "a*", "", True),
        (r"a\*", "ab", "", False),
        ("[", "[", "", False),
        ("{a", "{a", "", False),
        ("[a-]x", "ax", "", False),
        ("", "", "", True),
        ("", "a", "", False),
    ],
)
def test_glob(pattern: str, text: str, separators: str, fits: bool) -> None:
    assert glob(pattern, text, separators) is fits


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "Role", True),
        ("", "", True),
        ("*.k8s.io", "rbac.authorization.k8s.io", True),
        ("Cluster*", "Role", False),
        ("[A-C]onfigMap", "ConfigMap", True),
        ("[^A-C]onfigMap", "ConfigMap", False),
        ("Role?", "Roles", True),
        ("*", "a/b", False),
        ("[", "[", False),
        (r"a\\", "a\\", True),
        ("a\\", "a", False),
        ("[]a]", "a", False),
        ("[a-]", "a", False),
    ],
)
def test_file_match(pattern: str, text: str, fits: bool) -> None:
    assert file_match(pattern, text) is fits


def test_no_pattern_takes_long() -> None:
    start = time.perf_counter()
    assert not glob("*a" * 200 + "b", "a" * 2000)
    assert not glob("{a,b}" * 12, "c" * 12)
    assert not regular_expression("(a+)+$", "a" * 5000 + "b")
    assert time.perf_counter() - start < 5


def test_a_broken_expression_matches_nothing() -> None:
    assert not regular_expression("(", "(")
    assert regular_expression("^squad-[0-9]$", "squad-7")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_pattern_gives_an_answer(pattern: str, text: str) -> None:
    assert glob(pattern, text, "/") in (True, False)
    assert file_match(pattern, text) in (True, False)


@given(st.text(alphabet="ab/.", max_size=20))
def test_text_without_special_characters_matches_itself(text: str) -> None:
    assert glob(text, text, "/") and file_match(text, text)
