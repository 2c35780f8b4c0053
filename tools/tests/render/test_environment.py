"""Substitution as Go's os.Expand does it; every case was seen on Argo CD."""

from __future__ import annotations

import pytest

from presync.render.environment import build_environment, substitute, uses_revision
from tests.render.support import application

VARIABLES = {"ARGOCD_APP_NAME": "app", "A": "x", "1": "never"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$ARGOCD_APP_NAME-x", "app-x"),
        ("${ARGOCD_APP_NAME}_x", "app_x"),
        ("$ARGOCD_APP_NAME_x", ""),
        ("a$NOPE-b", "a-b"),
        ("$5.00", ".00"),
        ("$$A", "$A"),
        ("x$", "x$"),
        ("$", "$"),
        ("${", ""),
        ("${}x", "x"),
        ("${A", "A"),
        ("${A}}", "x}"),
        ("$ A", "$ A"),
        ("$é", "$é"),
        ("no variable", "no variable"),
        ("$A$A", "xx"),
    ],
)
def test_substitution(text: str, value: str) -> None:
    assert substitute(text, {"ARGOCD_APP_NAME": "app", "A": "x"}) == value


def test_the_namespace_is_the_destinations() -> None:
    app = application("web", "shop", path="charts/web")
    environment = build_environment(app, app.sources[0], "0123456789abcdef")
    assert environment["ARGOCD_APP_NAMESPACE"] == "shop"
    assert environment["ARGOCD_APP_REVISION_SHORT"] == "0123456"
    assert environment["ARGOCD_APP_SOURCE_PATH"] == "charts/web"


@pytest.mark.parametrize(
    ("text", "uses"),
    [("$ARGOCD_APP_REVISION", True), ("${ARGOCD_APP_REVISION_SHORT}", True), ("$ARGOCD_APP_NAME", False)],
)
def test_the_commit_is_noticed(text: str, uses: bool) -> None:
    assert uses_revision(text) is uses
