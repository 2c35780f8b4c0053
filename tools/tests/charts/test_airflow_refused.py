"""Values that would be ignored, or that cannot work, are refused with what to write instead."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.charts.airflow_support import CHART, Chart

UPSTREAM: list[dict[str, str]] = yaml.safe_load((CHART / "files" / "upstream.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
SSH = {"repo": "git@git.example.com:a/b.git", "sshKeySecret": "airflow-git-ssh"}


def nested(key: str, value: Any) -> dict[str, Any]:
    for step in reversed(key.split(".")):
        value = {step: value}
    return dict(value)


def test_each_key_of_upstream_is_in_the_schema() -> None:
    """Otherwise the schema refuses it first, and says only that it does not know it."""

    def refused(schema: dict[str, Any], prefix: str = "") -> set[str]:
        found = set()
        for name, one in schema.get("properties", {}).items():
            if one == {"$ref": "#/$defs/refused"}:
                found.add(prefix + name)
            found |= refused(one, f"{prefix}{name}.")
        return found

    assert refused(SCHEMA) == {one["key"] for one in UPSTREAM}


def test_every_key_of_upstream_says_what_to_write(airflow: Chart) -> None:
    values: dict[str, Any] = {}

    def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
        for name, one in more.items():
            if isinstance(one, dict) and isinstance(into.get(name), dict):
                merge(into[name], one)
            else:
                into[name] = one

    for one in UPSTREAM:
        merge(values, nested(one["key"], {"enabled": True, "x": "y"}))
    message = airflow.refused(values)
    for one in UPSTREAM:
        assert f"{one['key']}: {one['write']}" in message


@pytest.mark.parametrize(
    "key", ["postgresql", "redis", "flower", "pgbouncer", "dags.persistence", "workers.keda", "cleanup"]
)
def test_what_is_switched_off_does_no_harm(airflow: Chart, key: str) -> None:
    airflow.render(nested(key, {"enabled": False, "auth": {"x": "y"}}))


def test_helm_hooks_switched_off_are_as_it_is(airflow: Chart) -> None:
    airflow.render({"createUserJob": {"useHelmHooks": False}, "migrateDatabaseJob": {"useHelmHooks": False}})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param(
            {"config": {"AIRFLOW__CORE__LOAD_EXAMPLES": {"value": "False"}}},
            ['config.core.load_examples: "False"', 'env: [{name: AIRFLOW__CORE__LOAD_EXAMPLES, value: "False"}]'],
            id="a variable among the sections, as a map",
        ),
        pytest.param(
            {"config": {"AIRFLOW__CORE__LOAD_EXAMPLES": False}},
            ['config.core.load_examples: "false"'],
            id="a variable among the sections",
        ),
        pytest.param(
            {"config": {"core": {"AIRFLOW__CORE__X": "1"}}}, ["write config.core.x"], id="a variable as option"
        ),
        pytest.param({"config": {"load_examples": "False"}}, ["config.<section>.load_examples"], id="no section"),
        pytest.param({"config": {"core": {"a": {"b": "c"}}}}, ["config.core.a"], id="an option that is a map"),
        pytest.param({"config": {"core": {"fernet_key": "x"}}}, ["fernetKeySecretName"], id="a key in config"),
        pytest.param(
            {"config": {"core": {"executor": "LocalExecutor"}}}, ["from executor"], id="the executor in config"
        ),
        pytest.param({"executor": "CeleryExecutor"}, ["KubernetesExecutor"], id="Celery"),
        pytest.param({"airflowVersion": "2.10.5"}, ["3.3 and newer"], id="Airflow 2"),
        pytest.param(
            {"env": [{"name": "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "value": "postgresql://u:p@h/d"}]},
            ["data.metadataSecretName"],
            id="a password in env",
        ),
        pytest.param(
            {"workers": {"env": [{"name": "AWS_SECRET_ACCESS_KEY", "value": "x"}]}},
            ["workers.env", "aws.existingSecret"],
            id="AWS keys in env",
        ),
        pytest.param({"extraEnv": "- A=b"}, ["extraEnv"], id="extraEnv that is no list of variables"),
        pytest.param({"dags": {"gitSync": SSH}}, ["ssh-keyscan", "knownHostsKey"], id="SSH without host keys"),
        pytest.param(
            {"dags": {"gitSync": {"repo": SSH["repo"], "knownHosts": "a"}}}, ["gitSshKey"], id="SSH without a key"
        ),
        pytest.param({"dags": {"gitSync": {"sshKeySecret": "a"}}}, ["credentialsSecret"], id="a key without SSH"),
        pytest.param(
            {"logs": {"persistence": {"enabled": True, "existingClaim": "a", "accessMode": "ReadWriteOnce"}}},
            ["ReadWriteMany", "remote_logging"],
            id="logs on a claim for one node",
        ),
        pytest.param({"logs": {"persistence": {"enabled": True}}}, ["existingClaim is empty"], id="no claim"),
        pytest.param(
            {"config": {"logging": {"remote_logging": "True"}}}, ["remote_base_log_folder"], id="logs to nowhere"
        ),
        pytest.param({"aws": {"existingSecret": ""}}, ["aws.credentials: serviceAccount"], id="no credentials"),
        pytest.param(
            {"workers": {"serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/a"}}}},
            ["workers.serviceAccount"],
            id="a role beside keys",
        ),
        pytest.param(
            {
                "scheduler": {
                    "extraVolumes": [{"name": "a", "secret": {"secretName": "a"}}],
                    "extraVolumeMounts": [{"name": "a", "mountPath": "/opt/airflow/.aws"}],
                }
            },
            ["dagProcessor, workers does not"],
            id="credentials in the scheduler only",
        ),
        pytest.param(
            {"workers": {"extraVolumes": [{"name": "aws", "emptyDir": {}}]}}, ["choose another"], id="a taken name"
        ),
        pytest.param(
            {"apiServer": {"hpa": {"enabled": True, "minReplicaCount": 9}}}, ["is greater than"], id="autoscaler bounds"
        ),
        pytest.param(
            {"ingress": {"apiServer": {"hosts": ["a.example.com", "b.example.com"]}}}, ["one"], id="two hosts"
        ),
        pytest.param(
            {"config": {"core": {"auth_manager": "airflow.api_fastapi.auth.managers.simple.SimpleAuthManager"}}},
            ["createUserJob.enabled: false"],
            id="a user nobody can make",
        ),
        pytest.param({"schedular": {}}, ["schedular"], id="a misspelt key"),
        pytest.param({"scheduler": {"extraVolumeMount": []}}, ["extraVolumeMount"], id="a misspelt key below"),
        pytest.param({"images": {"airflow": {"tag": "latest"}}}, ["latest"], id="a tag that moves"),
    ],
)
def test_refused(airflow: Chart, values: dict[str, Any], words: list[str]) -> None:
    message = " ".join(airflow.refused(values).split())
    for word in words:
        assert word in message, message


def test_all_mistakes_are_told_at_once(airflow: Chart) -> None:
    message = airflow.refused({"config": {"AIRFLOW__CORE__X": "1"}, "webserver": {"replicas": 1}})
    assert "AIRFLOW__CORE__X" in message and "webserver: " in message
