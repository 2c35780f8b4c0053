"""Which URLs and branches mean the tree under review, and which environment an Application belongs to."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from presync.argocd.model import Application, Manifest, Origin
from presync.argocd.repositories import SourceUnavailable
from presync.base.finding import Location
from presync.platform.identity import control_plane, environment_of, identify
from presync.settings import Settings
from presync.settings.model import Environment
from presync.tree import open_repository


def _manifest(*sources: tuple[str, str, str]) -> Manifest:
    spec = {"sources": [{"repoURL": url, "targetRevision": revision, "path": path} for url, revision, path in sources]}
    return Manifest({"kind": "Application", "metadata": {"name": "x"}, "spec": spec}, Location("a.yaml", 1))


def _folder(tmp_path: Path, *paths: str) -> Path:
    for path in paths:
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "f.yaml").write_text("")
    return tmp_path


def test_without_git_the_url_whose_paths_exist_is_assumed_and_said(tmp_path: Path) -> None:
    repository = open_repository(_folder(tmp_path, "charts/a", "charts/b"))
    manifest = _manifest(
        ("https://git.example.com/this.git", "trunk", "charts/a"),
        ("https://git.example.com/this", "trunk", "charts/b"),
        ("https://git.example.com/other.git", "main", "somewhere"),
    )
    repositories, problems = identify(repository, repository.worktree, Settings(), [manifest])
    assert repositories.is_this("git@git.example.com:this.git")
    assert not repositories.is_this("https://git.example.com/other.git")
    assert [problem.kind for problem in problems] == ["repository-assumed"]
    assert repositories.tree("https://git.example.com/this", "trunk") is repository.worktree
    with pytest.raises(SourceUnavailable, match="another repository"):
        repositories.tree("https://git.example.com/other.git", "main")


def test_generator_paths_count_too(tmp_path: Path) -> None:
    repository = open_repository(_folder(tmp_path, "envs/dev"))
    generators = [{"git": {"repoURL": "https://git.example.com/this.git", "files": [{"path": "envs/*/app.yaml"}]}}]
    manifest = Manifest({"kind": "ApplicationSet", "spec": {"generators": generators}}, Location("a.yaml", 1))
    repositories, _ = identify(repository, repository.worktree, Settings(), [manifest])
    assert repositories.is_this("https://git.example.com/this.git")


def test_remotes_and_settings_decide(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "charts/a")
    subprocess.run(["git", "-C", folder, "init", "-q", "-b", "main"], check=True)
    subprocess.run(["git", "-C", folder, "remote", "add", "origin", "git@git.example.com:org/fork.git"], check=True)
    repository = open_repository(folder)
    manifest = _manifest(("https://git.example.com/org/fork", "", "charts/a"))
    repositories, problems = identify(repository, repository.worktree, Settings(), [manifest])
    assert repositories.is_this("https://git.example.com/org/fork.git") and problems == []
    settings = Settings(repository=("https://git.example.com/org/main.git",), branch="trunk")
    repositories, problems = identify(repository, repository.worktree, settings, [manifest])
    assert not repositories.is_this("https://git.example.com/org/fork.git") and problems == []
    assert repositories.tree("https://git.example.com/org/main.git", "trunk") is repository.worktree
    for missing in ("v9", "--upload-pack=x"):
        with pytest.raises(SourceUnavailable, match="not in this repository"):
            repositories.tree("https://git.example.com/org/main.git", missing)


def _application(name: str, labels: dict[str, str] | None = None, source: dict[str, Any] | None = None) -> Application:
    raw = {"metadata": {"name": name, "labels": labels or {}}, "spec": {"source": source or {}}}
    return Application(raw, Origin(Location("a.yaml", 1)))


def test_environment_by_settings() -> None:
    settings = Settings(environments=(Environment("dev", ("*-dev",)), Environment("prod", ("*-live",))))
    assert environment_of(_application("redis-dev"), settings) == "dev"
    assert environment_of(_application("redis-live"), settings) == "prod"
    assert environment_of(_application("argocd"), settings) == ""


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        (_application("a", {"environment": "qa"}), "qa"),
        (_application("a", source={"path": "apps/a/overlays/staging"}), "staging"),
        (_application("a", source={"helm": {"valueFiles": ["/envs/eu-1/values.yaml"]}}), "eu-1"),
        (_application("redis-prod"), "prod"),
        (_application("dev-redis"), "dev"),
        (_application("redis"), ""),
    ],
)
def test_environment_without_settings(application: Application, expected: str) -> None:
    assert environment_of(application, Settings()) == expected


@pytest.mark.parametrize(
    ("settings", "namespaces", "expected"),
    [
        (Settings(), [], "argocd"),
        (Settings(), ["", "argocd", "team-a"], "argocd"),
        (Settings(), ["openshift-gitops", "openshift-gitops", "team-a"], "openshift-gitops"),
        (Settings(namespace="gitops"), ["argocd"], "gitops"),
    ],
)
def test_where_argocd_lives(settings: Settings, namespaces: list[str], expected: str) -> None:
    manifests = [Manifest({"metadata": {"namespace": name}}, Location("a.yaml", 1)) for name in namespaces]
    assert control_plane(settings, manifests) == expected
