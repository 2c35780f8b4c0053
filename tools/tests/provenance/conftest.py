"""A repository and an engine for tests of provenance."""

from __future__ import annotations

from tests.render.conftest import engine, repo

__all__ = ["engine", "repo"]
