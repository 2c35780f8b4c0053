"""Where features are computed: DuckDB in the task, Spark by configuration; the same results on both."""

from mlops_lib.engines.backends import EngineError, connect
from mlops_lib.engines.raw import read_events
from mlops_lib.engines.stored import batches, write

__all__ = ["EngineError", "batches", "connect", "read_events", "write"]
