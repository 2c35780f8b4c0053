"""One spelling for the URLs of repositories."""

from __future__ import annotations

import pytest

from presync.argocd.permissions import normalise_url
from presync.argocd.scope import cluster_scoped
from presync.argocd.sync import is_applied, is_hook


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://GIT.example.com/Org/Repo.git", "https://git.example.com/org/repo"),
        ("git@git.example.com:org/repo.git", "git@git.example.com/org/repo"),
        ("ssh://git@git.example.com/org/repo.git", "git@git.example.com/org/repo"),
        ("ssh://git@git.example.com:22/org/repo", "git@git.example.com:22/org/repo"),
        ("https://git.example.com/org/*", "https://git.example.com/org/*"),
        (
            "https://git.example.com/{a,b}/c",
            "https://git.example.com/%7ba,b%7d/c".replace("%7b", "%7B").replace("%7d", "%7D"),
        ),
        ("  https://git.example.com/a ", "https://git.example.com/a"),
        ("*", "*"),
        ("oci://registry.example.com/charts", "oci://registry.example.com/charts"),
        ("https://git.example.com/a\n", "https://git.example.com/a"),
        ("https://git.example.com/\x01", ""),
    ],
)
def test_normalise_url(url: str, normal: str) -> None:
    assert normalise_url(url) == normal


@pytest.mark.parametrize(
    ("annotations", "applied", "hook"),
    [
        ({}, True, False),
        ({"argocd.argoproj.io/hook": "PreSync"}, True, True),
        ({"argocd.argoproj.io/hook": "Skip"}, False, False),
        ({"argocd.argoproj.io/hook": "Skip,PostSync"}, True, True),
        ({"argocd.argoproj.io/hook": "Nonsense"}, False, True),
        ({"helm.sh/hook": "test"}, False, True),
        ({"helm.sh/hook": "pre-install, pre-upgrade"}, True, True),
        ({"helm.sh/hook": "crd-install"}, True, False),
        ({"helm.sh/hook": "pre-delete"}, False, True),
    ],
)
def test_hooks(annotations: dict[str, str], applied: bool, hook: bool) -> None:
    assert is_applied(annotations) is applied
    assert is_hook(annotations) is hook


@pytest.mark.parametrize(
    ("group", "kind", "scoped"),
    [
        ("", "Namespace", True),
        ("", "ConfigMap", False),
        ("apps", "Deployment", False),
        ("networking.k8s.io", "Ingress", False),
        ("networking.istio.io", "Ingress", None),
        ("constraints.gatekeeper.sh", "Anything", True),
        ("cert-manager.io", "ClusterIssuer", True),
        ("example.com", "Widget", None),
    ],
)
def test_scope(group: str, kind: str, scoped: bool | None) -> None:
    assert cluster_scoped(group, kind) is scoped
