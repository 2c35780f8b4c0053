"""A small repository with an ApplicationSet in it, and what presync makes of it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from presync.argocd.context import Context
from presync.argocd.expand import expand
from presync.argocd.model import Expansion, Manifest
from presync.argocd.repositories import Repositories
from presync.base import goyaml
from presync.base.finding import Location
from presync.engine import Engine
from presync.settings import Settings
from presync.tree.repository import open_repository

URL = "https://git.example.com/org/repo.git"
FILE = "apps/set.yaml"

SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: set, namespace: argocd}}
spec:
  goTemplate: {go}
{extra}
  generators:
{generators}
  template:
    metadata: {metadata}
    spec:
      project: default
      destination: {{server: https://kubernetes.default.svc}}
      source: {{repoURL: https://git.example.com/org/repo.git, path: p}}
"""

Expander = Callable[..., Expansion]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine(workers=1, timeout=20) as one:
        yield one


def manifest_text(generators: str, metadata: str = "{name: '{{ .name }}'}", extra: str = "", go: bool = True) -> str:
    """An ApplicationSet with these generators."""
    return SET.format(
        go=str(go).lower(),
        extra=textwrap.indent(textwrap.dedent(extra), "  "),
        generators=textwrap.indent(textwrap.dedent(generators).strip("\n"), "    "),
        metadata=metadata,
    )


@pytest.fixture
def context_for(engine: Engine, tmp_path: Path) -> Callable[..., Context]:
    """Writes files and gives the context for them."""

    def build(files: Mapping[str, str | bytes], **settings: Any) -> Context:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        repository = open_repository(tmp_path)
        repositories = Repositories.of(repository, repository.worktree, [URL], ["main"])
        return Context(engine, Settings(**settings), repositories)

    return build


@pytest.fixture
def expand_set(context_for: Callable[..., Context]) -> Expander:
    """Expands an ApplicationSet that stands in a file of the repository."""

    def run(
        text: str, files: Mapping[str, str | bytes] | None = None, projects: set[str] | None = None, **settings: Any
    ) -> Expansion:
        context = context_for({**(files or {}), FILE: text}, **settings)
        document = next(goyaml.documents(text))
        return expand(Manifest(document.data, Location(FILE, document.line)), context, projects)

    return run


def names(expansion: Expansion) -> list[str]:
    """The names of what there is."""
    return sorted(one.name for one in expansion.applications)


def kinds(expansion: Expansion) -> list[str]:
    """The kinds of the problems."""
    return [problem.kind for problem in expansion.problems]
