"""The monitoring of an environment: what its chart renders, what it refuses, and that dev and prod stay apart."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from presync.engine import Engine
from presync.render.model import RenderedApplication
from tests.monitoring import promtool
from tests.render.support import ROOT, Repo, application

CHART = ROOT / "charts" / "kube-prometheus-stack"
ENVIRONMENTS = ("dev", "prod")
SELECTORS = ("serviceMonitor", "podMonitor", "probe", "scrapeConfig", "rule")
MONITORING = {"ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig", "PrometheusRule"}
Object = dict[str, Any]


class Chart:
    """A copy of the chart that renders with the facts of dev."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self._repo = Repo(root, engine)
        for name in ("kube-prometheus-stack", "common"):
            shutil.copytree(ROOT / "charts" / name, root / "charts" / name, ignore=shutil.ignore_patterns("*.tgz"))
        (root / "envs" / "dev").mkdir(parents=True)
        shutil.copy(ROOT / "envs/dev/globals.yaml", root / "envs/dev/globals.yaml")

    def rendered(self, values: Mapping[str, Any]) -> RenderedApplication:
        self._repo.write({"values.yaml": json.dumps(values)})
        source = {"path": "charts/kube-prometheus-stack"}
        helm = {"valueFiles": ["/envs/dev/globals.yaml", "/values.yaml"]}
        return self._repo.render(application("kube-prometheus-stack-dev", "monitoring-dev", **source, helm=helm))

    def render(self, values: Mapping[str, Any] | None = None) -> list[Object]:
        rendered = self.rendered(values or {})
        assert not rendered.error, rendered.error
        return [dict(resource.data) for resource in rendered.resources]

    def refused(self, values: Mapping[str, Any]) -> str:
        rendered = self.rendered(values)
        assert rendered.error, "it renders"
        return " ".join([rendered.error, *(f"{one.message} {one.remedy}" for one in rendered.problems)])


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chart]:
    with Engine(1) as engine:
        yield Chart(tmp_path_factory.mktemp("repository"), engine)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Object]]:
    """Every object of each environment, as this repository renders it, with its namespace."""
    out = tmp_path_factory.mktemp("tree")
    apps = out / "apps"
    presync = Path(sys.executable).parent / "presync"
    for verb, folder in (("render", out), ("apps", apps)):
        command = [presync, "-C", ROOT, verb, "--out", folder]
        subprocess.run(command, capture_output=True, timeout=300, check=False)
    found: dict[str, list[Object]] = {one: [] for one in ENVIRONMENTS}
    for file in sorted(apps.glob("*.yaml")):
        app = yaml.safe_load(file.read_text("utf-8"))
        environment = (app["metadata"].get("labels") or {}).get("environment")
        if environment in found:
            for one in yaml.safe_load_all((out / file.name).read_text("utf-8")):
                if one:
                    one["metadata"].setdefault("namespace", app["spec"]["destination"]["namespace"])
                    found[environment].append(one)
    assert all(found.values())
    return found


def named(objects: list[Object], kind: str, name: str) -> Object:
    [one] = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return one


def kinds(objects: list[Object], *wanted: str) -> list[Object]:
    return [one for one in objects if one["kind"] in wanted]


def nested(path: str, value: Any) -> dict[str, Any]:
    for step in reversed(path.split("/")):
        value = {step: value}
    return dict(value)


# -- apart


@pytest.mark.parametrize(("own", "other"), [*itertools.permutations(ENVIRONMENTS)])
def test_no_selector_matches_anything_of_the_other_environment(
    tree: dict[str, list[Object]], own: str, other: str
) -> None:
    [prometheus] = kinds(tree[own], "Prometheus")
    for kind in SELECTORS:
        labels = prometheus["spec"][f"{kind}Selector"]["matchLabels"]
        spaces = prometheus["spec"][f"{kind}NamespaceSelector"]["matchLabels"]
        assert labels == spaces == {"environment": own}
    for one in kinds(tree[other], *MONITORING):
        assert one["metadata"]["labels"]["environment"] == other
    for one in kinds(tree[own], *MONITORING):
        assert one["metadata"]["labels"]["environment"] == own
    assert prometheus["spec"]["externalLabels"] == {"environment": own}
    assert prometheus["spec"]["ignoreNamespaceSelectors"] is True
    assert [one["namespace"] for one in prometheus["spec"]["alerting"]["alertmanagers"]] == [f"monitoring-{own}"]


@pytest.mark.parametrize(("own", "other"), [*itertools.permutations(ENVIRONMENTS)])
def test_nothing_an_environment_renders_lies_in_or_names_the_other(
    tree: dict[str, list[Object]], own: str, other: str
) -> None:
    spaces = {one["metadata"]["namespace"] for one in tree[other]}
    assert not spaces & {one["metadata"]["namespace"] for one in tree[own]}
    ours = [one for one in tree[own] if one["metadata"]["namespace"] == f"monitoring-{own}"]
    for one in ours:
        # Rules and dashboards are texts for people and may speak of the other one.
        if one["kind"] != "PrometheusRule" and not one["metadata"]["name"].startswith("grafana-dashboards-"):
            for name in spaces:
                assert name not in json.dumps(one), f"{one['kind']} {one['metadata']['name']} names {name}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_kubelet_series_are_of_the_namespaces_that_exist(tree: dict[str, list[Object]], environment: str) -> None:
    """Each namespace of the environment with a pod in it, and no other."""
    wanted = {
        one["metadata"]["namespace"]
        for one in kinds(tree[environment], "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Prometheus")
    }
    for name in ("kubelet", "cadvisor"):
        [first, *_] = named(tree[environment], "ScrapeConfig", name)["spec"]["metricRelabelings"]
        assert (first["action"], first["sourceLabels"]) == ("keep", ["namespace"])
        pattern = re.compile(first["regex"])
        assert all(pattern.fullmatch(namespace) for namespace in wanted)
        assert not pattern.fullmatch("")
        assert not any(pattern.fullmatch(name) for name in ("kube-system", "argocd", "feast-devel"))
    arguments = named(tree[environment], "Deployment", "kube-state-metrics")["spec"]["template"]["spec"]
    [namespaces] = [word for word in arguments["containers"][0]["args"] if word.startswith("--namespaces=")]
    assert wanted <= set(namespaces.removeprefix("--namespaces=").split(","))
    assert all(name.endswith(f"-{environment}") for name in namespaces.removeprefix("--namespaces=").split(","))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_of_argo_cd_only_the_projects_of_the_environment_are_kept(
    tree: dict[str, list[Object]], environment: str
) -> None:
    [rule] = named(tree[environment], "ScrapeConfig", "argocd")["spec"]["metricRelabelings"]
    pattern = re.compile(rule["regex"])
    for project in ("dev", "storage-dev", "secrets-dev", "prod", "storage-prod", "secrets-prod"):
        assert bool(pattern.fullmatch(project)) == project.endswith(environment)


def test_one_environment_owns_the_nodes(tree: dict[str, list[Object]]) -> None:
    """They share a cluster, and the port of the node."""
    globals_ = {one: yaml.safe_load((ROOT / f"envs/{one}/globals.yaml").read_text("utf-8")) for one in ENVIRONMENTS}
    servers = {one: globals_[one]["global"]["destination"]["server"] for one in ENVIRONMENTS}
    owners = {one: kinds(tree[one], "DaemonSet") for one in ENVIRONMENTS}
    for server in set(servers.values()):
        assert sum(len(owners[one]) for one in ENVIRONMENTS if servers[one] == server) == 1
    spaces = {one["metadata"]["namespace"] for objects in owners.values() for one in objects}
    assert spaces == {"nodes-prod"}
    # Only what must be privileged is in a namespace that may be.
    others = [one for one in tree["prod"] if one["metadata"]["namespace"] == "nodes-prod"]
    assert {one["kind"] for one in others} == {
        "DaemonSet",
        "Service",
        "ServiceAccount",
        "ServiceMonitor",
        "NetworkPolicy",
        "Role",
        "RoleBinding",
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_rights_end_at_the_environment(tree: dict[str, list[Object]], environment: str) -> None:
    for one in kinds(tree[environment], "Role"):
        if one["metadata"]["name"] in ("prometheus", "kube-state-metrics"):
            assert one["metadata"]["namespace"].endswith(f"-{environment}")
            for rule in one["rules"]:
                assert not {"secrets", "configmaps", "*"} & set(rule["resources"])
                assert set(rule["verbs"]) <= {"get", "list", "watch"}
    assert not kinds(tree[environment], "ClusterRole", "ClusterRoleBinding", "Secret")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_prometheus_may_reach_its_own_environment_only(tree: dict[str, list[Object]], environment: str) -> None:
    policy = named(
        [one for one in tree[environment] if one["metadata"]["namespace"] == f"monitoring-{environment}"],
        "NetworkPolicy",
        "prometheus",
    )
    without_ports = [rule for rule in policy["spec"]["egress"] if "ports" not in rule]
    [rule] = without_ports
    assert rule["to"] == [{"namespaceSelector": {"matchLabels": {"environment": environment}}}]


# -- storage


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_volumes_are_the_claims_of_the_storage_application(tree: dict[str, list[Object]], environment: str) -> None:
    claims = {one["metadata"]["name"]: one for one in kinds(tree[environment], "PersistentVolumeClaim")}
    for kind, field, template, pod in (
        ("Prometheus", "storage", "prometheus-db", "prometheus-main-0"),
        ("Alertmanager", "storage", "alertmanager-db", "alertmanager-main-0"),
    ):
        [one] = kinds(tree[environment], kind)
        asked = one["spec"][field]["volumeClaimTemplate"]
        assert asked["metadata"]["name"] == template
        claim = claims[f"{template}-{pod}"]
        assert claim["metadata"]["namespace"] == one["metadata"]["namespace"]
        for key in ("storageClassName", "accessModes", "resources"):
            assert asked["spec"][key] == claim["spec"][key]
        assert one["spec"]["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    volumes = named(tree[environment], "Deployment", "grafana")["spec"]["template"]["spec"]["volumes"]
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "grafana"}} in volumes
    # NFS has no class: the claim is bound by name. A TSDB needs a disk.
    assert claims["prometheus-db-prometheus-main-0"]["spec"]["storageClassName"] == "local-path"
    assert claims["alertmanager-db-alertmanager-main-0"]["spec"]["storageClassName"] == ""


@pytest.mark.parametrize(("size", "fits"), [("45GB", True), ("46080MB", True), ("45.5GB", False), ("1TB", False)])
def test_retention_fits_the_volume(chart: Chart, size: str, fits: bool) -> None:
    values = nested("prometheus/prometheusSpec/retentionSize", size)
    if fits:
        [one] = kinds(chart.render(values), "Prometheus")
        assert one["spec"]["retentionSize"] == size
    else:
        assert "write at most 46080MB" in chart.refused(values)


# -- what is refused


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("grafana/adminPassword", "x", "grafana.admin.existingSecret"),
        ("grafana/sidecar", {"dashboards": {"enabled": True}}, "dashboards are files"),
        ("grafana/replicas", 2, "there is one pod"),
        ("grafana/grafana.ini", {"auth.generic_oauth": {"client_secret": "x"}}, "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"),
        ("grafana/admin/existingSecret", "", "admin-user and admin-password"),
        ("grafana/persistence/existingClaim", "", "envs/<env>/storage/values.yaml"),
        ("alertmanager/config", {"route": {}}, "secrets/alertmanager-config.yaml"),
        ("prometheus/prometheusSpec/additionalScrapeConfigs", [], "ScrapeConfig"),
        ("prometheus/prometheusSpec/ruleSelector", {}, "cannot see each other"),
        ("prometheus/prometheusSpec/serviceMonitorSelectorNilUsesHelmValues", False, "cannot see each other"),
        ("prometheus/prometheusSpec/externalLabels", {"environment": "prod"}, "Alertmanager routes by it"),
        ("prometheus/prometheusSpec/retentionSize", "", "retentionSize"),
        ("prometheusOperator/enabled", False, "bootstrap/operators"),
        ("extraNamespaces", ["feast-prod"], "does not end in -dev"),
        ("kube-state-metrics/collectors", ["secrets"], "secrets is not among those"),
        ("prometheus/prometheusSpec/retentions", "1d", "retentions"),
        ("prometheus/prometheusSpec/image/tag", "latest", "tag"),
        ("grafana/plugin", [], "plugin"),
    ],
)
def test_what_would_not_work_is_refused_with_what_to_write(chart: Chart, path: str, value: Any, says: str) -> None:
    assert says in chart.refused(nested(path, value))


@pytest.mark.parametrize("case", sorted((CHART / "ci").glob("*-values.yaml")), ids=lambda path: path.stem)
def test_each_way_of_use_renders(chart: Chart, case: Path) -> None:
    assert chart.render(yaml.safe_load(case.read_text("utf-8")) or {})


def test_upstream_values_take_effect(chart: Chart) -> None:
    objects = chart.render(yaml.safe_load((CHART / "ci" / "upstream-values.yaml").read_text("utf-8")))
    spec = named(objects, "Prometheus", "main")["spec"]
    assert spec["replicas"] == 2
    assert spec["externalLabels"] == {"cluster": "seoul-1", "environment": "dev"}
    assert spec["storage"]["volumeClaimTemplate"]["spec"]["storageClassName"] == "fast"
    assert spec["remoteWrite"] == [{"url": "https://metrics.example.com/api/v1/push"}]
    alertmanager = named(objects, "Alertmanager", "main")["spec"]
    assert (alertmanager["replicas"], alertmanager["configSecret"]) == (3, "our-routes")
    assert {one["metadata"]["name"] for one in kinds(objects, "PodDisruptionBudget")} == {"prometheus", "alertmanager"}
    grafana = named(objects, "Deployment", "grafana")["spec"]["template"]["spec"]["containers"][0]
    assert grafana["envFrom"] == [{"secretRef": {"name": "grafana-oauth"}}]
    assert grafana["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "our-grafana", "key": "user"}
    sources = yaml.safe_load(named(objects, "ConfigMap", "grafana")["data"]["datasources.yaml"])["datasources"]
    assert [one["uid"] for one in sources] == ["prometheus", "alertmanager", "loki"]


@pytest.mark.parametrize("owner", [True, False])
def test_dashboards_are_mounted_each_from_a_configmap_that_exists(chart: Chart, owner: bool) -> None:
    objects = chart.render({"defaultRules": {"rules": {"nodeExporter": owner}}})
    files = {path.name for path in (CHART / "dashboards").glob("*.json")} - (set() if owner else {"nodes.json"})
    spec = named(objects, "Deployment", "grafana")["spec"]["template"]["spec"]
    [volume] = [one for one in spec["volumes"] if one["name"] == "dashboards"]
    mounted = [one["configMap"]["name"] for one in volume["projected"]["sources"]]
    data = [named(objects, "ConfigMap", name)["data"] for name in mounted]
    assert {name for one in data for name in one} == files
    provider = yaml.safe_load(named(objects, "ConfigMap", "grafana")["data"]["providers.yaml"])["providers"][0]
    [mount] = [one for one in spec["containers"][0]["volumeMounts"] if one["name"] == "dashboards"]
    assert mount["mountPath"] == provider["options"]["path"]


# -- Alertmanager


def routes(environment: str) -> dict[str, Any]:
    """The configuration in the Secret that the controller makes of the SealedSecret."""
    sealed = yaml.safe_load((ROOT / f"envs/{environment}/secrets/alertmanager-config.yaml").read_text("utf-8"))
    assert sealed["metadata"]["name"] == f"alertmanager-config-{environment}"
    text = sealed["spec"]["template"]["data"]["alertmanager.yaml"]
    # The controller expands what stands in braces; Alertmanager's own texts are in the chart for that reason.
    assert "{{" not in text
    parsed: dict[str, Any] = yaml.safe_load(text)
    files = {one["api_url_file"] for receiver in parsed["receivers"] for one in receiver.get("slack_configs", ())}
    assert files == {f"/etc/alertmanager/config/{key}" for key in sealed["spec"]["encryptedData"]}
    return parsed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_alerts_go_to_the_channels_of_the_environment(environment: str) -> None:
    receivers = routes(environment)["receivers"]
    channels = {one["channel"] for receiver in receivers for one in receiver.get("slack_configs", ())}
    assert channels == {f"#mlops-{environment}-{severity}" for severity in ("critical", "warning", "info")}


def test_both_environments_have_the_same_routes() -> None:
    """Apart from their own name."""
    texts = [json.dumps(routes(one), sort_keys=True).replace(one, "ENVIRONMENT") for one in ENVIRONMENTS]
    assert texts[0] == texts[1]


def test_webhooks_are_nowhere_in_the_clear() -> None:
    for path in [*ROOT.glob("envs/**/*.yaml"), *ROOT.glob("charts/kube-prometheus-stack/**/*.yaml")]:
        assert "hooks.slack" not in path.read_text("utf-8"), path


@pytest.fixture(scope="module")
def amtool() -> str:
    return promtool.program("amtool")


@pytest.fixture
def written(tmp_path: Path, chart: Chart) -> Path:
    """A folder with each environment's configuration, its templates beside it."""
    template = named(chart.render(), "ConfigMap", "alertmanager-templates")["data"]["slack.tmpl"]
    (tmp_path / "slack.tmpl").write_text(template, "utf-8")
    for environment in ENVIRONMENTS:
        config = {**routes(environment), "templates": [str(tmp_path / "*.tmpl")]}
        (tmp_path / f"{environment}.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    return tmp_path


def call(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.oracle
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_alertmanager_takes_the_configuration_and_the_templates(amtool: str, written: Path, environment: str) -> None:
    assert "1 templates" in call(amtool, "check-config", written / f"{environment}.yaml")


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("severity=critical", "slack-critical"),
        ("severity=warning", "slack-warning"),
        ("severity=info", "slack-info"),
        ("severity=none", "null"),
        ("alertname=Watchdog severity=none", "null"),
        ("alertname=InfoInhibitor severity=warning", "null"),
        # Misspelt, or from somewhere else: seen by someone all the same.
        ("severity=page", "slack-warning"),
    ],
)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_severity_reaches_its_receiver(
    amtool: str, written: Path, environment: str, labels: str, receiver: str
) -> None:
    config = f"--config.file={written / environment}.yaml"
    call(
        amtool, "config", "routes", "test", config, f"--verify.receivers={receiver}", *labels.split(),
        f"environment={environment}",
    )  # fmt: skip


@pytest.mark.oracle
def test_a_message_shows_runbook_dashboard_and_how_to_silence(amtool: str, written: Path) -> None:
    alert = {
        "status": "firing",
        "labels": {"alertname": "FeastDown", "severity": "critical", "namespace": "feast-dev", "environment": "dev"},
        "annotations": {
            "summary": "Feast is down",
            "description": "Nothing answers.",
            "runbook_url": "https://git.example.com/r.md",
            "dashboard_url": "https://grafana.dev.mlops.example.com/d/feast-server",
        },
    }
    data = {
        "receiver": "slack-critical",
        "status": "firing",
        "alerts": [alert],
        "groupLabels": {"alertname": "FeastDown", "namespace": "feast-dev"},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
    }
    (written / "data.json").write_text(json.dumps(data), "utf-8")

    def text(name: str) -> str:
        given = f"--template.glob={written / '*.tmpl'}", f"--template.data={written / 'data.json'}"
        return call(
            amtool, "template", "render", *given, f'--template.text={{{{ template "slack.default.{name}" . }}}}'
        )

    assert text("title").strip() == "[DEV] CRITICAL: FeastDown in feast-dev"
    assert text("titlelink").strip() == "https://grafana.dev.mlops.example.com/d/feast-server"
    body = text("text")
    assert "*Feast is down*" in body
    assert "<https://git.example.com/r.md|Runbook>" in body
    assert "<https://grafana.dev.mlops.example.com/d/feast-server|Dashboard>" in body
    assert "alerting/silence/new?alertmanager=Alertmanager&matcher=alertname%3DFeastDown" in body
