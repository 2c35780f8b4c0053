"""DAG data_pipeline_daily_<env>: the features of the contract, built, checked and stored once a day.

Wiring only; what the tasks do stands in mlops_lib/dp/. The sets of the contract are mapped over the whole chain of
tasks instead of being looped over in each: a set that is refused stops itself and no other, a retry repeats one set,
and a Pod needs the memory of one. A set with another schedule gets a DAG of its own from the same factory.
"""

from datetime import datetime
from typing import Any

from mlops_lib.contract import Contract
from mlops_lib.schedules import Pipeline, pipelines
from mlops_lib.settings import ParseSettings
from mlops_lib.wiring import (
    DEFAULTS,
    CronDataIntervalTimetable,
    Param,
    dag,
    get_current_context,
    run_of,
    step,
    task,
    task_group,
)

# The word airflow must stand in a DAG file: Airflow skips files without it (core.dag_discovery_safe_mode).
SETTINGS = ParseSettings.load()


def data_pipeline(pipeline: Pipeline) -> Any:
    label = {"map_index_template": "{{ feature_set }}"}

    def named(feature_set: str) -> Any:
        context = get_current_context()
        context["feature_set"] = feature_set
        return context

    @task(**label)
    def extract_raw_data(feature_set: str) -> dict[str, Any]:
        from mlops_lib.dp.extract import extract
        from mlops_lib.dp.run import Platform

        context = named(feature_set)
        with step():
            return extract(Platform.connect(), run_of(context, feature_set, pipeline.schedule, SETTINGS.time_zone))

    @task(**label)
    def validate_data(extracted: dict[str, Any]) -> dict[str, Any]:
        from mlops_lib.dp.run import Platform
        from mlops_lib.dp.validate import validate

        named(extracted["feature_set"])
        with step():
            return validate(Platform.connect(), extracted)

    @task(**label)
    def build_features(validated: dict[str, Any]) -> dict[str, Any]:
        from mlops_lib.dp.build import build
        from mlops_lib.dp.run import Platform

        context = named(validated["feature_set"])
        accepted = validated["feature_set"] in context["params"]["accept_drift"]
        with step():
            return build(Platform.connect(), validated, accept_drift=accepted)

    @task(**label)
    def store_features(built: dict[str, Any]) -> dict[str, Any]:
        from mlops_lib.dp.run import Platform
        from mlops_lib.dp.store import store

        named(built["feature_set"])
        with step():
            return store(Platform.connect(), built)

    @task(**label)
    def summarize_run(stored: dict[str, Any]) -> dict[str, Any]:
        from mlops_lib.dp.run import Platform
        from mlops_lib.dp.summarize import summarize

        named(stored["feature_set"])
        with step():
            return summarize(Platform.connect(), stored)

    # Without the prefix the tasks have their plain names, in logs, metrics and runbooks.
    @task_group(group_id="feature_set", prefix_group_id=False)
    def one_set(feature_set: str) -> None:
        summarize_run(store_features(build_features(validate_data(extract_raw_data(feature_set)))))

    @dag(
        dag_id=pipeline.dag_id,
        description=f"Builds {', '.join(pipeline.feature_sets)} for {SETTINGS.environment}",
        doc_md=__doc__,
        # Said in full, because a plain cron text has no data interval in Airflow 3.
        schedule=CronDataIntervalTimetable(pipeline.schedule, timezone=SETTINGS.time_zone.key),
        start_date=datetime(2026, 1, 1, tzinfo=SETTINGS.time_zone),
        # What was missed is not made up for: the next run looks back as far as the longest window. `airflow backfill`
        # makes versions of the past.
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        params={
            "accept_drift": Param(
                [],
                type="array",
                items={"type": "string", "enum": list(pipeline.feature_sets)},
                title="Accept drift",
                description="Sets whose drift is real: this run stores them, and the next ones are compared with it.",
            )
        },
        tags=["features", SETTINGS.environment],
    )
    def data_pipeline_daily() -> None:
        one_set.expand(feature_set=list(pipeline.feature_sets))

    return data_pipeline_daily()


for _pipeline in pipelines(Contract.load(SETTINGS.contract), SETTINGS.environment):
    data_pipeline(_pipeline)
