"""Names made of any text."""

from __future__ import annotations

import pytest

from presync.argocd.appset.normalize import normalize


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My_App 1", "my-app-1"),
        ("-.a.-", "a"),
        ("é", ""),
        (".", ""),
        ("a" * 300, "a" * 253),
        ("a" * 252 + "_x", "a" * 252),
    ],
)
def test_normalize(text: str, name: str) -> None:
    assert normalize(text) == name
