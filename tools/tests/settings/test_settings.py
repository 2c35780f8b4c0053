"""presync.yaml: defaults, and errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from presync.argocd.versions import VERSIONS
from presync.base.errors import PresyncError
from presync.settings import Settings, load_settings
from presync.settings.model import schema
from presync.tree import open_repository


def _load(folder: Path, text: str | None) -> Settings:
    if text is not None:
        (folder / "presync.yaml").write_text(text)
    return load_settings(open_repository(folder).worktree)


def test_without_a_file(tmp_path: Path) -> None:
    settings = _load(tmp_path, None)
    assert settings == Settings()
    assert settings.file == ""


def test_an_empty_file(tmp_path: Path) -> None:
    assert _load(tmp_path, "").kubernetes == ("1.36",)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_of_argo_cd(tmp_path: Path, version: str) -> None:
    assert _load(tmp_path, f'argocd: "{version}"').argocd == version


def test_everything(tmp_path: Path) -> None:
    settings = _load(
        tmp_path,
        """
repository: [https://git.example.com/a.git]
branch: trunk
argocd: "3.5"
kubernetes: ["1.34", "1.35"]
environments: {dev: {}, prod: {applications: ["*-production"]}}
vendor: {folder: charts-cache}
externals: [{repoURL: "https://charts.example.com", why: not rendered on purpose}]
objects: [{kind: Secret, namespace: "argocd", name: "repo-*", why: made by the installer, keys: [url]}]
waivers: [{rule: K8S001, until: "2027-01-01", why: known and accepted}]
""",
    )
    assert settings.branch == "trunk"
    assert [(one.name, one.applications) for one in settings.environments] == [
        ("dev", ("*-dev",)),
        ("prod", ("*-production",)),
    ]
    assert (settings.vendor, settings.vendor_lock) == ("charts-cache", "charts.lock.yaml")
    assert settings.externals[0].chart == "*"
    assert settings.objects[0].keys == ("url",)
    assert settings.waivers[0]["rule"] == "K8S001"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("branchh: x", "branchh"),
        ('argocd: "3.2"', "argocd"),
        ('kubernetes: ["latest"]', "kubernetes"),
        ("waivers: [{rule: K8S001}]", "until"),
        ("- a", "object"),
        ("a: [", "presync.yaml"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, part: str) -> None:
    with pytest.raises(PresyncError) as caught:
        _load(tmp_path, text)
    assert part in str(caught.value)


def test_every_key_of_the_schema_has_a_meaning() -> None:
    assert [
        key
        for key, value in schema()["properties"].items()
        if key not in ("vendor", "environments", "waivers") and not value.get("description")
    ] == []
