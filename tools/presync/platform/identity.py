"""Which URLs and branches mean the tree under review, and which environment an Application belongs to."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from presync.argocd.model import CONTROL_PLANE, Application, Manifest
from presync.argocd.repositories import Repositories
from presync.base.finding import Location, Problem
from presync.settings import Settings
from presync.tree import Repository, Tree
from presync.tree.repository import canonical_url

_ENVIRONMENT_LABELS = ("environment", "env", "app.kubernetes.io/environment")
_ENVIRONMENT_FOLDER = re.compile(r"(?:^|/)(?:envs?|environments?|overlays|stages?|clusters?)/([A-Za-z0-9][\w.-]*)")
_COMMON_NAMES = ("dev", "development", "test", "qa", "uat", "int", "stage", "staging", "preprod", "prod", "production")


def identify(
    repository: Repository, head: Tree, settings: Settings, manifests: Sequence[Manifest]
) -> tuple[Repositories, list[Problem]]:
    """Settings decide; without them git's remotes; without a remote that fits, the URL whose paths exist here."""
    uses = [use for manifest in manifests for use in _uses(manifest.data)]
    urls = list(settings.repository or repository.remotes)
    problems: list[Problem] = []
    known = {canonical_url(url) for url in urls}
    if not settings.repository and not any(canonical_url(url) in known for url, _, _ in uses):
        assumed, hits, total = _likely(head, uses)
        if assumed:
            urls.append(assumed)
            problems.append(
                Problem(
                    "repository-assumed",
                    f"took {assumed} to be this repository: {hits} of the {total} paths used with it exist here",
                    "Name it under `repository:` in presync.yaml.",
                    location=Location(settings.file, 1 if settings.file else 0),
                )
            )
    known = {canonical_url(url) for url in urls}
    branches = _branches(repository, settings, [revision for url, revision, _ in uses if canonical_url(url) in known])
    return Repositories.of(repository, head, urls, branches), problems


def control_plane(settings: Settings, manifests: Sequence[Manifest]) -> str:
    """The namespace Argo CD lives in: the settings', else the stock one unless all its objects live in another."""
    if settings.namespace:
        return settings.namespace
    used = Counter(manifest.namespace for manifest in manifests if manifest.namespace)
    return CONTROL_PLANE if not used or CONTROL_PLANE in used else used.most_common(1)[0][0]


def _branches(repository: Repository, settings: Settings, revisions: Sequence[str]) -> list[str]:
    """The branch under review: what the settings say, else git's default and current branch, else the most used."""
    if settings.branch:
        return [settings.branch]
    branches = [name for name in (repository.default_branch, repository.branch) if name]
    missing = Counter(revision for revision in revisions if revision not in ("", "HEAD") and "{{" not in revision)
    if not branches and missing:
        branches = [missing.most_common(1)[0][0]]
    return branches


def _likely(head: Tree, uses: Sequence[tuple[str, str, str]]) -> tuple[str, int, int]:
    hits: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for url, _, path in uses:
        fixed = path.split("{{", 1)[0].split("*", 1)[0]
        if fixed != path:
            fixed = fixed.rpartition("/")[0]
        fixed = fixed.strip("/").removeprefix("./").rstrip("/")
        total[url] += 1
        if fixed == "." or (fixed and (head.is_folder(fixed) or head.is_file(fixed))) or (not fixed and path):
            hits[url] += 1
    best = max(hits, key=lambda url: (hits[url], hits[url] / total[url]), default="")
    return best, hits[best], total[best]


def _uses(data: Any) -> Iterator[tuple[str, str, str]]:
    """Every (repoURL, revision, path) of an object: sources, and git generators with each of their paths."""
    if isinstance(data, list):
        for item in data:
            yield from _uses(item)
    elif isinstance(data, dict):
        url = data.get("repoURL")
        if isinstance(url, str) and "{{" not in url and not data.get("chart"):
            revision = str(data.get("targetRevision") or data.get("revision") or "")
            paths = [data.get("path")]
            for key in ("files", "directories"):
                paths += [item.get("path") for item in data.get(key) or () if isinstance(item, dict)]
            for path in paths:
                if isinstance(path, str):
                    yield url, revision, path
        for value in data.values():
            yield from _uses(value)


def environment_of(application: Application, settings: Settings) -> str:
    """By the settings' globs; without any, by a label, the folders it is read from, or the end of its name."""
    for environment in settings.environments:
        if any(fnmatch.fnmatchcase(application.name, pattern) for pattern in environment.applications):
            return environment.name
    if settings.environments:
        return ""
    for label in _ENVIRONMENT_LABELS:
        if application.labels.get(label):
            return str(application.labels[label])
    for text in _paths(application):
        match = _ENVIRONMENT_FOLDER.search(text)
        if match:
            return match[1]
    parts = application.name.split("-")
    return next((part for part in (parts[-1], parts[0]) if part in _COMMON_NAMES), "")


def _paths(application: Application) -> Iterator[str]:
    for source in application.sources:
        yield source.path
        yield from (str(file) for file in source.helm.get("valueFiles") or ())
    yield from (location.file for location in application.origin.parameters)
