"""What expanding and rendering need besides their input."""

from __future__ import annotations

from dataclasses import dataclass

from presync.argocd.model import CONTROL_PLANE
from presync.argocd.repositories import Repositories
from presync.engine import Engine
from presync.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """One run: the engine, the settings, and where repositories are read from."""

    engine: Engine
    settings: Settings
    repositories: Repositories
    control_plane: str = CONTROL_PLANE  # the namespace Argo CD lives in
