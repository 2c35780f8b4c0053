"""What several tests of the monitoring share: the rendered tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from . import promtool


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "live: starts real servers on loopback; skipped loudly without the programs")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every Application of both environments, as presync renders it."""
    out = tmp_path_factory.mktemp("rendered")
    command = [promtool.PRESYNC, "-C", promtool.ROOT, "render", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    broken = [path.read_text("utf-8") for one in promtool.ENVIRONMENTS for path in out.glob(f"*-{one}.error")]
    assert not broken, "\n".join(broken)
    assert list(out.glob("redis-*.yaml")), done.stderr
    return out
