"""pytest fixtures: a control plane for the tests of a session, skipped with the reason where it cannot run.

Import what you need in a `conftest.py` (`from controlplane.fixture import controlplane`). With pytest-xdist every
worker would start one of its own (1.5 GB); give the tests that use one the mark `xdist_group("controlplane")` and run
pytest with `--dist loadgroup`, and a single worker runs them all.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from controlplane.driver import ControlPlane
from controlplane.instance import unavailable


def require(kube_only: bool = False) -> None:
    """Skip, and say so among the warnings too: a skipped test alone is easily overlooked."""
    reason = unavailable(kube_only)
    if reason is not None:
        text = f"not compared with the real Argo CD: {reason}"
        warnings.warn(pytest.PytestWarning(text), stacklevel=2)
        pytest.skip(text)


@pytest.fixture(scope="session")
def controlplane() -> Iterator[ControlPlane]:
    """One instance, without nodes, for all tests of the session; what a test applies it should name for itself."""
    require()
    with ControlPlane() as plane:
        yield plane.start()


@pytest.fixture(scope="session")
def kubernetes() -> Iterator[ControlPlane]:
    """The API server alone, for dry runs."""
    require(kube_only=True)
    with ControlPlane() as plane:
        yield plane.start(kube_only=True)
