"""Settings from the environment, from Variables of Airflow 2.10 and 3.x, and from defaults."""

import sys
from types import ModuleType
from typing import Any

import pytest

from mlops_lib import settings
from mlops_lib.errors import SettingsError

_UNSET: Any = object()


def airflow_3(stored: dict[str, str]) -> dict[str, ModuleType]:
    class Variable:
        @classmethod
        def get(cls, key: str, default: Any = _UNSET, deserialize_json: bool = False) -> Any:
            if key in stored:
                return stored[key]
            if default is _UNSET:
                raise KeyError(key)
            return default

    sdk = ModuleType("airflow.sdk")
    sdk.Variable = Variable  # type: ignore[attr-defined]
    return {"airflow": ModuleType("airflow"), "airflow.sdk": sdk}


def airflow_2(stored: dict[str, str]) -> dict[str, Any]:
    class Variable:
        @classmethod
        def get(cls, key: str, default_var: Any = _UNSET, deserialize_json: bool = False) -> Any:
            if key in stored:
                return stored[key]
            if default_var is _UNSET:
                raise KeyError(key)
            return default_var

    models = ModuleType("airflow.models")
    models.Variable = Variable  # type: ignore[attr-defined]
    # None: importing it raises ImportError, as where there is no such module.
    return {"airflow": ModuleType("airflow"), "airflow.sdk": None, "airflow.models": models}


def no_airflow(_: dict[str, str]) -> dict[str, Any]:
    return {"airflow": None, "airflow.sdk": None, "airflow.models": None}


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    def do(modules: dict[str, Any]) -> None:
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, name, module)

    return do


@pytest.mark.parametrize("version", [airflow_3, airflow_2], ids=["3.x", "2.10"])
def test_the_environment_then_the_variable_then_the_default(version: Any, install: Any, monkeypatch: Any) -> None:
    install(version({"mlops_raw_base": "s3://from-variable/x"}))
    assert settings.get("raw_base", "s3://default/x") == "s3://from-variable/x"
    assert settings.get("engine", "duckdb") == "duckdb"
    monkeypatch.setenv("MLOPS_RAW_BASE", "s3://from-environment/x")
    assert settings.get("raw_base", "s3://default/x") == "s3://from-environment/x"
    monkeypatch.setenv("MLOPS_RAW_BASE", " ")
    assert settings.get("raw_base") == "s3://from-variable/x"
    assert settings.get("raw_base", "none", variables=False) == "none"


@pytest.mark.parametrize("version", [airflow_3, airflow_2, no_airflow], ids=["3.x", "2.10", "none"])
def test_what_is_nowhere_is_an_error_that_names_both(version: Any, install: Any) -> None:
    install(version({}))
    with pytest.raises(SettingsError, match=r"MLOPS_RAW_BASE .* mlops_raw_base"):
        settings.get("raw_base")


def test_settings_are_checked(install: Any, monkeypatch: Any) -> None:
    install(no_airflow({}))
    good = {"ENVIRONMENT": "dev", "RAW_BASE": "s3://raw/events/", "FEATURE_BASE": "s3://features/store"}
    for name, value in good.items():
        monkeypatch.setenv(f"MLOPS_{name}", value)
    found = settings.Settings.load()
    assert found.raw_base == "s3://raw/events"
    assert found.time_zone.key == "UTC"
    assert found.pushgateway_url is None
    for name, value, says in [
        ("RAW_BASE", "/tmp/x", "must be an s3://bucket/prefix"),
        ("TIME_ZONE", "Seoul", "is no time zone"),
        ("BATCH_ROWS", "many", "must be a whole number"),
        ("BATCH_ROWS", "0", "at least 1"),
    ]:
        with monkeypatch.context() as patch:
            patch.setenv(f"MLOPS_{name}", value)
            with pytest.raises(SettingsError, match=says):
                settings.Settings.load()


def test_the_dags_find_airflow_2_where_it_keeps_its_names(install: Any, monkeypatch: Any) -> None:
    def module(name: str, *names: str) -> ModuleType:
        made = ModuleType(name)
        for each in names:
            setattr(made, each, f"{name}.{each}")
        return made

    old = [
        module("airflow.decorators", "dag", "task", "task_group"),
        module("airflow.models.param", "Param"),
        module("airflow.operators.python", "get_current_context"),
        module("airflow.timetables.interval", "CronDataIntervalTimetable"),
        module("airflow.exceptions", "AirflowFailException"),
    ]
    parents = [ModuleType(f"airflow.{name}") for name in ("models", "operators", "timetables")]
    gone: dict[str, Any] = {"airflow": ModuleType("airflow"), "airflow.sdk": None, "airflow.sdk.exceptions": None}
    install(gone | {each.__name__: each for each in [*old, *parents]})
    monkeypatch.delitem(sys.modules, "mlops_lib.wiring", raising=False)
    from mlops_lib import wiring

    assert wiring.task_group == "airflow.decorators.task_group"
    assert wiring.get_current_context == "airflow.operators.python.get_current_context"
    assert wiring.AirflowFailException == "airflow.exceptions.AirflowFailException"
    monkeypatch.delitem(sys.modules, "mlops_lib.wiring")
