"""What Helm loads of a chart's folder."""

from __future__ import annotations

import pytest

from presync.render.failure import Refused
from presync.render.helmignore import Rules, kept

PATHS = [
    "Chart.yaml",
    "a.bak",
    "docs/x.md",
    "sub/docs/y.md",
    "templates/.x",
    "templates/a.yaml",
    "templates/t/.y",
    ".hidden",
]


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("", ["templates/.x"]),
        ("*.bak", ["a.bak", "templates/.x"]),
        ("docs/", ["docs/x.md", "sub/docs/y.md", "templates/.x"]),
        ("/docs", ["docs/x.md", "templates/.x"]),
        ("docs/*", ["docs/x.md", "templates/.x"]),
        ("# docs/\n\n", ["templates/.x"]),
        (".*", [".hidden", "templates/.x", "templates/t/.y"]),
        ("a.bak/", ["templates/.x"]),
        # A negated rule drops everything it does not match: the last one to match would have kept it.
        ("!*.yaml", [path for path in PATHS if path != "Chart.yaml"]),
    ],
)
def test_rules(text: str, left_out: list[str]) -> None:
    assert sorted(set(PATHS) - set(kept(PATHS, Rules(text)))) == sorted(left_out)


@pytest.mark.parametrize("pattern", ["a/**", "[", "a\\"])
def test_patterns_helm_refuses(pattern: str) -> None:
    with pytest.raises(Refused):
        Rules(pattern)
