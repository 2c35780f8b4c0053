"""What charts/airflow promises: who mounts what, who reaches whom, and in which order things arrive."""

from __future__ import annotations

import configparser
import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.airflow_support import CHART, Chart, Manifests, container, environment, mounts

LONG = ("api-server", "scheduler", "dag-processor", "triggerer")
JOBS = ("migrate", "create-user")
TASKS = ("scheduler", "dag-processor", "triggerer", "worker")
CONTRACT = {
    "/opt/airflow/feature-store": "ConfigMap feature-store-resources",
    "/opt/airflow/secrets/slack": "Secret airflow-slack",
    "/opt/airflow/.aws": "Secret airflow-aws",
    "/opt/airflow/airflow.cfg": "ConfigMap airflow-config",
}
SETTINGS = {
    "MLOPS_ENVIRONMENT": "dev",
    "MLOPS_FEATURE_STORE_DIR": "/opt/airflow/feature-store",
    "MLOPS_RAW_BASE": "s3://mlops-dev-raw/events",
    "MLOPS_FEATURE_BASE": "s3://mlops-dev-features/feature-store",
    "MLOPS_TIME_ZONE": "Asia/Seoul",
    "MLOPS_ENGINE": "duckdb",
    "MLOPS_PUSHGATEWAY_URL": "http://pushgateway.monitoring-dev.svc.cluster.local:9091",
    "MLOPS_SLACK_WEBHOOK_FILE": "/opt/airflow/secrets/slack/url",
    "AWS_DEFAULT_REGION": "ap-northeast-2",
    "AWS_SHARED_CREDENTIALS_FILE": "/opt/airflow/.aws/credentials",
}


@pytest.fixture(scope="module")
def dev(airflow: Chart) -> Manifests:
    return airflow.render(own=True)


@pytest.fixture(scope="module")
def prod(airflow: Chart) -> Manifests:
    return airflow.render(environment="prod", own=True)


def pods(manifests: Manifests) -> dict[str, Any]:
    return {component: manifests.pod(component) for component in (*LONG, *JOBS, "worker")}


@pytest.mark.parametrize("component", TASKS)
def test_whoever_parses_or_runs_tasks_sees_the_contract(dev: Manifests, component: str) -> None:
    pod = dev.pod(component)
    first = container(pod)
    assert CONTRACT.items() <= mounts(pod, first).items()
    assert SETTINGS.items() <= environment(first).items()
    assert "AWS_ENDPOINT_URL" not in environment(first)
    assert pod["metadata"]["annotations"]["features.example.com/contract-hash"].startswith("sha256:")


def test_the_api_server_sees_no_contract(dev: Manifests, prod: Manifests) -> None:
    """It runs no code of DAGs; it needs credentials where it reads logs from S3."""
    first = container(dev.pod("api-server"))
    assert not {"/opt/airflow/feature-store", "/opt/airflow/.aws"} & set(mounts(dev.pod("api-server"), first))
    assert "MLOPS_RAW_BASE" not in environment(first)
    first = container(prod.pod("api-server"))
    assert mounts(prod.pod("api-server"), first)["/opt/airflow/.aws"] == "Secret airflow-aws"


def test_a_task_has_no_key_and_no_database(dev: Manifests) -> None:
    values = environment(container(dev.pod("worker")))
    assert not [name for name, value in values.items() if isinstance(value, dict)]
    assert dev.pod("worker")["spec"]["automountServiceAccountToken"] is False


def test_keys_come_from_secrets_and_go_to_who_needs_them(dev: Manifests) -> None:
    keys = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "airflow-metadata/connection",
        "AIRFLOW__CORE__FERNET_KEY": "airflow-fernet-key/fernet-key",
        "AIRFLOW__API__SECRET_KEY": "airflow-api-secret-key/api-secret-key",
        "AIRFLOW__API_AUTH__JWT_SECRET": "airflow-jwt-secret/jwt-secret",
    }
    found = {}
    for component, pod in pods(dev).items():
        values = environment(container(pod))
        references = {name: values[name]["secretKeyRef"] for name in keys if name in values}
        assert all(f"{one['name']}/{one['key']}" == keys[name] for name, one in references.items())
        found[component] = {name.rpartition("__")[2] for name in references}
    assert found == {
        "api-server": {"SQL_ALCHEMY_CONN", "FERNET_KEY", "SECRET_KEY", "JWT_SECRET"},
        "scheduler": {"SQL_ALCHEMY_CONN", "FERNET_KEY", "JWT_SECRET"},
        "dag-processor": {"SQL_ALCHEMY_CONN", "FERNET_KEY"},
        "triggerer": {"SQL_ALCHEMY_CONN", "FERNET_KEY", "SECRET_KEY"},
        "worker": set(),
        "migrate": {"SQL_ALCHEMY_CONN", "FERNET_KEY"},
        "create-user": {"SQL_ALCHEMY_CONN", "FERNET_KEY", "SECRET_KEY"},
    }
    assert not dev.names("Secret")


def test_dags_are_where_they_are_read(dev: Manifests) -> None:
    """A sidecar that starts first, or one fetch for a task; nobody else pulls code."""
    for component, pod in pods(dev).items():
        sync = [one for one in pod["spec"].get("initContainers", ()) if one["name"] == "git-sync"]
        assert bool(sync) == (component in ("dag-processor", "triggerer", "worker")), component
        if not sync:
            continue
        values = environment(sync[0])
        assert (sync[0].get("restartPolicy") == "Always") == (component != "worker")
        assert (values.get("GITSYNC_ONE_TIME") == "true") == (component == "worker")
        assert (values["GITSYNC_REF"], values["GITSYNC_LINK"]) == ("main", "repo")
        assert values["GITSYNC_SSH_KNOWN_HOSTS"] == "true"
        assert mounts(pod, sync[0])["/etc/git-secret"] == "projected airflow-git-ssh"
        assert mounts(pod, container(pod))["/opt/airflow/dags"] == "scratch"
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(dev.cfg)
    assert config["core"]["dags_folder"] == "/opt/airflow/dags/repo/dags"


def test_every_pod_is_restricted(dev: Manifests, airflow: Chart) -> None:
    for manifests in (dev, airflow.render((CHART / "ci" / "remote-logging-values.yaml").read_text())):
        for component, pod in {**pods(manifests), "statsd": manifests.pod("statsd")}.items():
            spec = pod["spec"]
            assert spec["securityContext"]["runAsNonRoot"] is True
            assert spec["securityContext"]["runAsUser"] > 0
            for one in (*spec["containers"], *spec.get("initContainers", ())):
                context = one["securityContext"]
                assert context["readOnlyRootFilesystem"] is True, component
                assert context["allowPrivilegeEscalation"] is False
                assert context["capabilities"] == {"drop": ["ALL"]}
                assert {"requests", "limits"} <= set(one["resources"]), component


def test_tokens_and_roles(dev: Manifests, airflow: Chart) -> None:
    tokens = {name for name, pod in pods(dev).items() if pod["spec"]["automountServiceAccountToken"]}
    assert tokens == {"scheduler", "api-server"}
    for role in ("airflow-pod-launcher", "airflow-log-reader"):
        binding = dev.get("RoleBinding", role)
        assert binding["roleRef"]["name"] == role
        assert [one["namespace"] for one in binding["subjects"]] == ["airflow-dev"]
    assert dev.get("RoleBinding", "airflow-pod-launcher")["subjects"][0]["name"] == "airflow-scheduler"
    assert not dev.names("ClusterRole") | dev.names("ClusterRoleBinding")
    launching = airflow.render({"workers": {"launchPods": True}})
    assert launching.pod("worker")["spec"]["automountServiceAccountToken"] is True
    assert launching.get("RoleBinding", "airflow-pod-operator")["subjects"][0]["name"] == "airflow-worker"


def wave(one: Any) -> int:
    return int(one["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0))


def test_migration_waits_for_nothing_that_waits_for_it(dev: Manifests) -> None:
    """Everything the hook uses comes before it, everything that waits for the database comes after it."""
    job = dev.get("Job", "airflow-migrate")
    annotations = job["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/hook"] == "Sync"
    assert annotations["argocd.argoproj.io/hook-delete-policy"] == "BeforeHookCreation"
    assert not [
        name for one in dev.objects for name in one["metadata"].get("annotations", {}) if "helm.sh/hook" in name
    ]
    needed = [
        dev.get("ConfigMap", "airflow-config"),
        dev.get("ServiceAccount", job["spec"]["template"]["spec"]["serviceAccountName"]),
        dev.get("NetworkPolicy", "airflow-jobs"),
    ]
    assert all(wave(one) < wave(job) for one in needed)
    for component in LONG:
        deployment = dev.get("Deployment", f"airflow-{component}")
        assert wave(deployment) > wave(job)
        waiting = container(deployment["spec"]["template"], "wait-for-migrations")
        assert "check-migrations" in waiting["args"]
    assert wave(dev.get("Job", "airflow-create-user")) > 0


def test_the_password_is_no_argument(dev: Manifests) -> None:
    pod = dev.pod("create-user")
    script = container(pod)["args"][-1]
    assert "--password" not in script and " -p " not in script
    assert mounts(pod, container(pod))["/run/airflow-admin"] == "Secret airflow-admin"


def test_probes_ask_the_thing_itself(dev: Manifests) -> None:
    for component in LONG:
        first = container(dev.pod(component))
        assert {"startupProbe", "livenessProbe"} <= set(first)
        asked = first["livenessProbe"]
        assert "httpGet" in asked or "--local" in asked["exec"]["command"]
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(dev.cfg)
    assert config["scheduler"]["enable_health_check"] == "True"


def test_what_a_pod_mounts_rolls_it(airflow: Chart) -> None:
    before, after = airflow.render(), airflow.render({"config": {"core": {"parallelism": 65}}})
    for component in (*LONG, "worker"):
        assert before.pod(component)["metadata"]["annotations"] != after.pod(component)["metadata"]["annotations"]
    before, after = airflow.render(), airflow.render({"workers": {"resources": {"limits": {"memory": "9Gi"}}}})
    changed = [one for one in LONG if before.pod(one) != after.pod(one)]
    assert changed == ["scheduler"]


def edges(manifests: Manifests, name: str, direction: str) -> list[Any]:
    found: list[Any] = manifests.get("NetworkPolicy", f"airflow-{name}")["spec"][direction]
    return found


def ports(manifests: Manifests, name: str) -> set[Any]:
    listed = [one["ports"] for one in edges(manifests, name, "egress")]
    return {port["port"] for port in itertools.chain.from_iterable(listed)}


def test_each_edge_is_opened_by_name(dev: Manifests) -> None:
    assert {"airflow-default-deny", *(f"airflow-{one}" for one in (*LONG, "worker", "jobs", "statsd"))} <= dev.names(
        "NetworkPolicy"
    )
    assert ports(dev, "scheduler") == {53, 9125, 5432, 443, 6443}
    assert ports(dev, "dag-processor") == {53, 9125, 5432, 22, 443}
    assert ports(dev, "worker") == {53, 9125, "http", 22, 443, 9091}
    assert ports(dev, "jobs") == {53, 9125, 5432}
    assert [one["ports"][0]["port"] for one in edges(dev, "api-server", "ingress")] == ["http", "http"]
    assert edges(dev, "statsd", "egress") == []
    for one in edges(dev, "worker", "egress"):
        for to in one["to"]:
            assert (
                to.get("ipBlock", {}).get("except")
                or to.get("ipBlock", {}).get("cidr") is None
                or one["ports"][0]["port"] == 22
            )


def test_the_git_port_is_that_of_the_repository(airflow: Chart) -> None:
    ssh = {"sshKeySecret": "a", "knownHosts": "git.example.com ssh-ed25519 AAAA"}
    for repo, port, more in (
        ("https://git.example.com/a.git", 443, {}),
        ("http://git.example.com:3000/a.git", 3000, {}),
        ("ssh://git@git.example.com:2222/a.git", 2222, ssh),
        ("git@git.example.com:a/b.git", 22, ssh),
    ):
        manifests = airflow.render({"dags": {"gitSync": {"repo": repo, **more}}})
        assert port in ports(manifests, "worker"), repo


def test_scale(prod: Manifests, dev: Manifests) -> None:
    assert prod.names("HorizontalPodAutoscaler") == {"airflow-api-server"}
    assert "replicas" not in prod.get("Deployment", "airflow-api-server")["spec"]
    assert prod.names("PodDisruptionBudget") == {"airflow-api-server", "airflow-scheduler", "airflow-triggerer"}
    assert not dev.names("PodDisruptionBudget")


@pytest.mark.parametrize("case", sorted((CHART / "ci").glob("*-values.yaml")), ids=lambda path: path.stem)
def test_each_way_of_use_renders(airflow: Chart, case: Path) -> None:
    manifests = airflow.render(case.read_text("utf-8"))
    for component in (*TASKS[:2], TASKS[-1]):
        environment(container(manifests.pod(component)))


def test_upstream_values_take_effect(airflow: Chart) -> None:
    """What a user of apache/airflow's chart writes does here what it did there."""
    values = yaml.safe_load((CHART / "ci" / "upstream-values.yaml").read_text("utf-8"))
    manifests = airflow.render(values)
    for component in ("scheduler", "dag-processor", "worker"):
        pod = manifests.pod(component)
        first = container(pod)
        assert first["image"] == "registry.example.com/data/airflow:3.3.2-data-17"
        assert mounts(pod, first)["/opt/airflow/.aws"] == "Secret data-aws"
        assert "airflow-aws" not in str(pod)
        found = environment(first)
        assert found["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
        assert found["RELEASE"] == "airflow-dev"
        assert found["SENTRY_DSN"] == {"secretKeyRef": {"name": "airflow-sentry", "key": "dsn"}}
        assert mounts(pod, first)["/opt/airflow/logs"] == "claim airflow-logs"
    sync = environment(container(manifests.pod("dag-processor"), "git-sync"))
    assert (sync["GITSYNC_PERIOD"], sync["GITSYNC_REF"]) == ("60s", "main")
    assert manifests.get("ConfigMap", "airflow-config")["data"]["known_hosts"].startswith("git.example.com ")
    assert manifests.pod("worker")["spec"]["nodeSelector"] == {"pool": "tasks"}
    ingress = manifests.get("Ingress", "airflow")
    assert ingress["spec"]["rules"][0]["host"] == "airflow.data.example.com"
    assert ingress["spec"]["tls"][0]["secretName"] == "airflow-data-tls"
    assert ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"]
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(manifests.cfg)
    assert config["core"]["parallelism"] == "128"
    assert config["api"]["base_url"] == "https://airflow.data.example.com"


def test_env_of_ones_own_wins(airflow: Chart) -> None:
    values = {
        "env": [{"name": "MLOPS_ENGINE", "value": "a"}, {"name": "X", "value": "1"}],
        "workers": {"env": [{"name": "X", "value": "2"}]},
    }
    manifests = airflow.render(values)
    assert environment(container(manifests.pod("worker")))["X"] == "2"
    assert environment(container(manifests.pod("scheduler")))["X"] == "1"
    assert environment(container(manifests.pod("scheduler")))["MLOPS_ENGINE"] == "a"


def test_whole_numbers_stay_whole(airflow: Chart) -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(airflow.render("config: {core: {parallelism: 1000000, b: 0.5, c: true}}").cfg)
    assert (config["core"]["parallelism"], config["core"]["b"], config["core"]["c"]) == ("1000000", "0.5", "true")


def test_nothing_is_random(airflow: Chart) -> None:
    assert airflow.render(own=True) == airflow.render(own=True)
