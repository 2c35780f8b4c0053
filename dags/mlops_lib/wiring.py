"""What all DAGs share: Airflow's names under 2.10 and 3.x, defaults, alerts, and which failures are retried."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from mlops_lib import slack
from mlops_lib.dp.run import Run
from mlops_lib.errors import PipelineError
from mlops_lib.schedules import last_interval


def _airflow(name: str, *modules: str) -> Any:
    """From the first module that has it: the Task SDK of 3.x, or where 2.10 keeps it."""
    for module in modules:
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"Airflow has no {name} in {' or '.join(modules)}")


dag = _airflow("dag", "airflow.sdk", "airflow.decorators")
task = _airflow("task", "airflow.sdk", "airflow.decorators")
task_group = _airflow("task_group", "airflow.sdk", "airflow.decorators")
Param = _airflow("Param", "airflow.sdk", "airflow.models.param")
get_current_context = _airflow("get_current_context", "airflow.sdk", "airflow.operators.python")
CronDataIntervalTimetable = _airflow("CronDataIntervalTimetable", "airflow.sdk", "airflow.timetables.interval")
AirflowFailException = _airflow("AirflowFailException", "airflow.sdk.exceptions", "airflow.exceptions")

DEFAULTS: dict[str, Any] = {
    "owner": "ml-platform",
    "retries": 3,
    "retry_delay": timedelta(minutes=2),
    # A factor for Airflow 3, simply "yes" for 2.10.
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=3),
    "on_failure_callback": slack.on_failure,
}


@contextmanager
def step() -> Iterator[None]:
    """Around the work of a task: what a retry cannot help fails at once, instead of an hour later."""
    try:
        yield
    except PipelineError as error:
        if error.retry:
            raise
        raise AirflowFailException(str(error)) from error


def run_of(context: Mapping[str, Any], feature_set: str, schedule: str, zone: ZoneInfo) -> Run:
    """The run this task belongs to. Its identity comes from Airflow alone, so that a retry has the same."""
    dag_run = context["dag_run"]
    start: datetime | None = context.get("data_interval_start")
    end: datetime | None = context.get("data_interval_end")
    if start is None or end is None:
        start, end = last_interval(schedule, zone, dag_run.run_after)
    return Run(feature_set, dag_run.dag_id, dag_run.run_id, start, end)
