"""Fixtures of the charts' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from presync.engine import Engine
from tests.charts.airflow_support import Chart


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chart]:
    with Engine(2) as engine:
        yield Chart(tmp_path_factory.mktemp("repository"), engine)
