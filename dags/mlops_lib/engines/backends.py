"""A backend of Ibis, bounded to what the task may use."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
from ibis.backends import BaseBackend

ENGINES = ("duckdb", "spark")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
# DuckDB counts its own buffers only. Python, Arrow and the batches between them need the rest of the pod.
SHARE_OF_MEMORY = 0.4
MEMORY_WITHOUT_LIMIT = "1GB"


class EngineError(RuntimeError):
    """The engine cannot be started, or cannot read what it was given."""


def connect(
    name: str = "duckdb",
    memory_limit: str | None = None,
    temp_directory: str | Path | None = None,
    *,
    threads: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> BaseBackend:
    """A fresh backend, with UTC as the session's time zone.

    duckdb: `memory_limit` is what it may hold before it writes to `temp_directory`; without one, a share of the
    container's limit. `settings` are DuckDB's.
    spark: the master and everything else come from spark-defaults.conf, from `SPARK_REMOTE` or from `settings`; the
    limits of this process do not apply to it.
    """
    if name == "duckdb":
        return _duckdb(memory_limit or _share_of_container(), temp_directory, threads, settings or {})
    if name == "spark":
        return _spark(settings or {})
    raise EngineError(f"unknown engine {name!r}; known are {', '.join(ENGINES)}")


def _duckdb(
    memory_limit: str, temp_directory: str | Path | None, threads: int | None, settings: Mapping[str, Any]
) -> BaseBackend:
    directory = Path(temp_directory) if temp_directory else Path(tempfile.gettempdir()) / "duckdb"
    directory.mkdir(parents=True, exist_ok=True)
    chosen: dict[str, Any] = {
        "memory_limit": memory_limit,
        "temp_directory": str(directory),
        "threads": threads or min(os.cpu_count() or 1, 4),
        # Rows are sorted at the end; keeping the order of the input until then would hold back whole batches.
        "preserve_insertion_order": False,
        # No network: an extension that is not built in is an error here, not a download.
        "autoinstall_known_extensions": False,
    }
    backend = ibis.duckdb.connect(**{**chosen, **settings})
    backend.raw_sql("SET TimeZone = 'UTC'")
    return backend


def _spark(settings: Mapping[str, Any]) -> BaseBackend:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineError("the engine spark needs pyspark (4.0, as Ibis 12 takes) and Java 17 or 21") from error
    builder = SparkSession.builder.appName("feature-platform")
    for setting, value in settings.items():
        builder = builder.config(setting, value)
    session = builder.getOrCreate()
    backend: BaseBackend = ibis.pyspark.connect(session)
    # A cast that fails must fail, as on DuckDB; without ANSI it would be null.
    session.conf.set("spark.sql.ansi.enabled", "true")
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return backend


def _share_of_container() -> str:
    """A memory limit for DuckDB that leaves room for the rest of the process."""
    try:
        limit = CGROUP_LIMIT.read_text(encoding="ascii").strip()
    except OSError:
        return MEMORY_WITHOUT_LIMIT
    if not limit.isdigit():
        return MEMORY_WITHOUT_LIMIT
    return f"{max(128, int(int(limit) * SHARE_OF_MEMORY) // 2**20)}MiB"
