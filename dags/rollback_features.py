"""DAG rollback_features_<env>: sets latest/ of a feature set back to an earlier version.

The version is verified before anything moves. Running it twice changes nothing. The next run of the pipeline moves
latest/ forward again: pause that DAG until the cause is repaired.
"""

from datetime import datetime
from typing import Any

from mlops_lib.contract import Contract
from mlops_lib.settings import ParseSettings
from mlops_lib.wiring import DEFAULTS, Param, dag, get_current_context, step, task

# The word airflow must stand in a DAG file: Airflow skips files without it (core.dag_discovery_safe_mode).
SETTINGS = ParseSettings.load()


@dag(
    dag_id=f"rollback_features_{SETTINGS.environment}",
    description="Sets latest/ back to an earlier version",
    doc_md=__doc__,
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=SETTINGS.time_zone),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params={
        "feature_set": Param(type="string", enum=Contract.load(SETTINGS.contract).names, title="Feature set"),
        "version": Param(
            type="string",
            pattern="^v_[0-9]{8}T[0-9]{6}$",
            title="Version",
            description="v_YYYYMMDDTHHMMSS; one that does not exist is answered with those that do",
        ),
    },
    tags=["features", SETTINGS.environment],
)
def rollback_features() -> None:
    @task
    def set_latest() -> dict[str, Any]:
        from mlops_lib.dp.rollback import rollback
        from mlops_lib.dp.run import Platform

        params = get_current_context()["params"]
        with step():
            return rollback(Platform.connect(), params["feature_set"], params["version"])

    @task
    def summarize_run(stored: dict[str, Any]) -> dict[str, Any]:
        from mlops_lib.dp.run import Platform
        from mlops_lib.dp.summarize import summarize

        with step():
            return summarize(Platform.connect(), stored)

    summarize_run(set_latest())


rollback_features()
