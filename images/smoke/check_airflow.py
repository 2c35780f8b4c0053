"""Does the Airflow image work? Run by images/smoke.sh in a container restricted like the pods."""

from __future__ import annotations

import importlib
import json
import os
from importlib.metadata import version

import common

MODULES = (
    "airflow.providers.amazon.aws.log.s3_task_handler",
    "airflow.providers.cncf.kubernetes.executors.kubernetes_executor",
    "airflow.providers.fab.auth_manager.fab_auth_manager",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.sdk.execution_time.execute_workload",
    "psycopg2",
    "statsd",
    # What dags/mlops_lib imports.
    "duckdb",
    "ibis",
    "jsonschema",
    "pandas",
    "pandera.pandas",
    "prometheus_client",
    "pyarrow.parquet",
    "s3fs",
)
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


def imports() -> str:
    """imports"""
    for name in MODULES:
        importlib.import_module(name)
    return f"{len(MODULES)} modules"


def airflow_version() -> str:
    """airflow version"""
    said = common.command("airflow", "version")
    common.expect(said == version("apache-airflow"), f"airflow version says {said}")
    return said


def providers() -> None:
    """airflow finds its providers"""
    found = {
        row["package_name"]
        for row in json.loads(
            common.command("airflow", "providers", "list", "-o", "json")
        )
    }
    wanted = {
        f"apache-airflow-providers-{name}"
        for name in ("amazon", "cncf-kubernetes", "fab", "postgres")
    }
    common.expect(wanted <= found, f"missing: {wanted - found}")


def migrates() -> None:
    """airflow db migrate, with the tables of the users"""
    common.command("airflow", "db", "migrate")
    listing = common.command("airflow", "users", "list", "-o", "json")
    common.expect(
        listing.endswith("[]") or "No data found" in listing, f"users: {listing}"
    )


def engine() -> None:
    """DuckDB through Ibis, checked by pandera"""
    import ibis
    import pandas as pd
    import pandera.pandas as pa

    connection = ibis.duckdb.connect(temp_directory="/tmp/duckdb")
    events = connection.create_table(
        "events", pd.DataFrame({"user_id": [1, 1, 2], "amount": [1.0, 3.0, 5.0]})
    )
    result = (
        events.group_by("user_id")
        .agg(mean=events.amount.mean())
        .order_by("user_id")
        .execute()
    )
    pa.DataFrameSchema(
        {"user_id": pa.Column("int64", unique=True), "mean": pa.Column(float)}
    ).validate(result)
    common.expect(list(result["mean"]) == [2.0, 5.0], f"means: {list(result['mean'])}")


def init() -> None:
    """dumb-init passes the exit status on"""
    common.expect(
        common.command("dumb-init", "--", "sh", "-c", "echo up") == "up", "dumb-init"
    )


if __name__ == "__main__":
    os.environ.update(
        AIRFLOW__CORE__AUTH_MANAGER=FAB,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite:////tmp/airflow.db",
        AIRFLOW__LOGGING__BASE_LOG_FOLDER="/tmp/logs",
    )
    common.use_loopback_s3()
    common.run(
        common.user(50000, 0),
        common.read_only("/opt/airflow"),
        common.no_pip,
        airflow_version,
        imports,
        providers,
        common.s3fs_works,
        engine,
        init,
        migrates,
    )
