"""``presync diff`` under other versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from .conftest import Run, write
from .test_diff import SCHEMA, git

VERSIONS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: versions}
data:
  kubernetes: {{ .Capabilities.KubeVersion.Minor | quote }}
  empty: {{ hasKey .Values "empty" | quote }}
"""


@pytest.fixture
def platform(tree: Path) -> Path:
    """A chart that asks for versions, one object on its way out, and one whose API goes with 1.32."""
    return write(
        tree,
        {
            "presync.yaml": 'kubernetes: ["1.31"]\n',
            "charts/web/templates/versions.yaml": VERSIONS,
            "charts/web/values.yaml": "level: info\nempty: null\n",
            "charts/web/templates/endpoints.yaml": "apiVersion: v1\nkind: Endpoints\nmetadata: {name: db}\n",
            "charts/web/templates/flow.yaml": "apiVersion: flowcontrol.apiserver.k8s.io/v1beta3\nkind: FlowSchema\n"
            "metadata: {name: '{{ .Release.Name }}'}\nspec: {priorityLevelConfiguration: {name: exempt}}\n",
        },
    )


def document(run: Run, folder: Path, *arguments: str) -> dict[str, Any]:
    done = run("-C", folder, "diff", "-o", "json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validate(SCHEMA, found)
    return found


def fields(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {
        (one["field"], one.get("old"), one.get("new"))
        for resource in found["resources"]
        for one in resource["differences"]
    }


def test_kubernetes(platform: Path, run: Run) -> None:
    found = document(run, platform, "--kubernetes", "1.37")
    assert fields(found) == {("data.kubernetes", "31", "37")}
    assert (found["versions"]["base"]["kubernetes"], found["versions"]["head"]["kubernetes"]) == (["1.31"], ["1.37"])
    assert {one["rule"] for one in found["findings"] if one["severity"] == "error"} == {"K8S004"}
    assert {(one["resource"], one["why"]) for one in found["deprecated"]} == {
        ("Endpoints web-dev/db", "deprecated since Kubernetes 1.33"),
        ("Endpoints web-prod/db", "deprecated since Kubernetes 1.33"),
    }
    done = run("-C", platform, "diff", "--kubernetes", "1.37")
    assert done.returncode == 1
    words = " ".join(done.stdout.split())
    assert words.startswith("working tree under Argo CD 3.5, Helm 4.2, Kubernetes 1.37 compared with working tree")
    assert "v1 Endpoints, deprecated since Kubernetes 1.33: web-dev db, web-prod db" in words
    assert "was removed in Kubernetes 1.32" in words
    markdown = run("-C", platform, "diff", "--kubernetes", "1.37", "-o", "markdown").stdout
    assert "Kubernetes 1.37" in markdown.splitlines()[2]


def test_an_api_that_goes_with_the_next_version(platform: Path, run: Run) -> None:
    found = document(run, platform, "--kubernetes", "1.30")
    whys = {one["why"] for one in found["deprecated"]}
    assert "gone from Kubernetes 1.32 on" in whys
    assert found["findings"] == [] or {one["severity"] for one in found["findings"]} == {"info"}


@pytest.mark.parametrize("arguments", [("--argocd", "3.4"), ("--helm", "3.19"), ("--helm", "3")])
def test_helm(platform: Path, run: Run, arguments: tuple[str, str]) -> None:
    found = document(run, platform, *arguments)
    assert fields(found) == {("data.empty", "false", "true")}  # Helm 3 keeps a null among a chart's defaults
    assert found["versions"]["head"]["helm"] == "3.19"


def test_argocd_with_a_helm_of_its_own(platform: Path, run: Run) -> None:
    found = document(run, platform, "--argocd", "3.4", "--helm", "4.2")
    assert fields(found) == set()
    assert found["versions"]["head"] == {"argocd": "3.4", "helm": "4.2", "kubernetes": ["1.31"]}


def test_the_versions_of_today_change_nothing(platform: Path, run: Run) -> None:
    done = run("-C", platform, "diff", "--argocd", "3.5", "--kubernetes", "1.31")
    assert done.returncode == 0
    assert "0 files differ" not in done.stdout and "nothing changes in any cluster" in done.stdout


def test_a_branch_under_other_versions(platform: Path, run: Run) -> None:
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-qm", "one"]):
        git(platform, *arguments)
    write(platform, {"envs/prod/web/values.yaml": "level: warn\n"})
    found = document(run, platform, "main", "--kubernetes", "1.37")
    assert fields(found) == {("data.kubernetes", "31", "37"), ("data.level", "info", "warn")}
    assert found["base"] == "main"


def test_what_does_not_render_under_it(platform: Path, run: Run) -> None:
    write(
        platform,
        {"charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: '<1.35.0-0'\n"},
    )
    done = run("-C", platform, "diff", "--kubernetes", "1.37", "--app", "web-dev")
    assert done.returncode == 1
    assert "HLM005" in done.stdout and "CHG017" not in done.stdout and "removed" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--argocd", "2.9"), "does not know Argo CD 2.9\n  It knows 3.3, 3.4, 3.5."),
        (("--helm", "5"), "does not know Helm 5\n  It knows 3, 3.19, 4, 4.2."),
        (("--kubernetes", "1.99"), "does not know Kubernetes 1.99\n  It knows "),
        (("--kubernetes", "latest"), "does not know Kubernetes latest\n"),
        ((), "give a branch, a tag or a commit"),
    ],
)
def test_unknown(platform: Path, run: Run, arguments: tuple[str, ...], message: str) -> None:
    done = run("-C", platform, "diff", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
