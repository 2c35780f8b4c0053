"""Fixtures of the renderer's tests: one engine for all, a repository for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from presync.engine import Engine
from tests.render.support import Repo, helm_program


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with Engine(2) as shared:
        yield shared


@pytest.fixture
def repo(tmp_path: Path, engine: Engine) -> Repo:
    root = tmp_path / "repository"
    root.mkdir()
    return Repo(root, engine)


@pytest.fixture(scope="session")
def helm() -> str:
    program = helm_program()
    if not program:
        pytest.skip("NOT COMPARED WITH HELM: set PRESYNC_HELM or run tools/fetch_helm.py")
    return program
