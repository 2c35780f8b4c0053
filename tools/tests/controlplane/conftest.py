"""The demo tree, and an instance that has read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from controlplane.driver import ControlPlane
from controlplane.fixture import controlplane, kubernetes

__all__ = ["controlplane", "kubernetes"]

DEMO = Path(__file__).parent / "cases" / "demo"
URL = "https://git.example.com/demo/platform.git"


@pytest.fixture
def demo(controlplane: ControlPlane) -> ControlPlane:
    """An instance to which the demo tree was applied."""
    if controlplane.application("plain") is None:
        controlplane.serve(URL, DEMO)
        controlplane.apply(sorted((DEMO / "argocd").glob("*.yaml")))
        controlplane.settle()
    return controlplane
