"""Settings: the environment variable MLOPS_X, then the Airflow Variable mlops_x, then the default, else an error.

The chart sets the environment variables, so nothing asks Airflow's database on the usual path. Variables are for a
value someone wants to change without a release. Works under Airflow 2.10 and 3.x, and without Airflow.
"""

import importlib
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlops_lib.errors import SettingsError

_MISSING: Any = object()


def _variable_class() -> Any:
    """Airflow's Variable: of the Task SDK (3.x), else of the models (2.10); None without Airflow."""
    for module in ("airflow.sdk", "airflow.models"):
        try:
            return importlib.import_module(module).Variable
        except (ImportError, AttributeError):
            continue
    return None


def _airflow_variable(key: str) -> str | None:
    variable = _variable_class()
    if variable is None:
        return None
    # The name of the parameter is asked, not the version: 2.10 calls it default_var, the Task SDK default.
    parameters = inspect.signature(variable.get).parameters
    keyword = "default" if "default" in parameters else "default_var"
    value = variable.get(key, **{keyword: None})
    return None if value is None else str(value)


def get(name: str, default: Any = _MISSING, *, variables: bool = True) -> Any:
    """The setting `name` ("raw_base"). An empty text counts as not set. `variables=False` while a DAG is parsed."""
    environment, variable = f"MLOPS_{name.upper()}", f"mlops_{name}"
    value = os.environ.get(environment, "").strip()
    if not value and variables:
        value = (_airflow_variable(variable) or "").strip()
    if value:
        return value
    if default is _MISSING:
        raise SettingsError(f"set the environment variable {environment} or the Airflow Variable {variable}")
    return default


def _s3_folder(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "s3" or not parts.netloc:
        raise SettingsError(f"{name} must be an s3://bucket/prefix, is {value!r}")
    return value.rstrip("/")


def _whole(name: str, value: str, least: int) -> int:
    try:
        number = int(value)
    except ValueError as error:
        raise SettingsError(f"{name} must be a whole number, is {value!r}") from error
    if number < least:
        raise SettingsError(f"{name} must be at least {least}, is {number}")
    return number


@dataclass(frozen=True)
class ParseSettings:
    """What a DAG needs to be parsed: from the environment or a default alone, never from the database."""

    environment: str
    contract: Path
    time_zone: ZoneInfo

    @classmethod
    def load(cls, *, variables: bool = False) -> "ParseSettings":
        zone = get("time_zone", "UTC", variables=variables)
        try:
            time_zone = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(f"MLOPS_TIME_ZONE: {zone!r} is no time zone; write it like Asia/Seoul") from error
        return cls(
            environment=get("environment", variables=variables),
            contract=Path(get("feature_store_dir", "/opt/airflow/feature-store", variables=variables)),
            time_zone=time_zone,
        )


@dataclass(frozen=True)
class Settings(ParseSettings):
    """What the tasks need."""

    raw_base: str
    feature_base: str
    pushgateway_url: str | None
    engine: str
    memory_limit: str | None
    batch_rows: int

    @classmethod
    def load(cls, *, variables: bool = True) -> "Settings":
        parse = ParseSettings.load(variables=variables)
        read: Callable[..., Any] = lambda name, *default: get(name, *default, variables=variables)  # noqa: E731
        return cls(
            environment=parse.environment,
            contract=parse.contract,
            time_zone=parse.time_zone,
            raw_base=_s3_folder("MLOPS_RAW_BASE", read("raw_base")),
            feature_base=_s3_folder("MLOPS_FEATURE_BASE", read("feature_base")),
            pushgateway_url=read("pushgateway_url", None),
            engine=read("engine", "duckdb"),
            memory_limit=read("memory_limit", None),
            batch_rows=_whole("MLOPS_BATCH_ROWS", read("batch_rows", "65536"), 1),
        )
