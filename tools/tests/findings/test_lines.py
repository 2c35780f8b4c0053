"""Which of the lines a field comes from a finding is about."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from presync.engine import Engine
from presync.findings.collect import collect
from presync.platform.load import load
from presync.tree.repository import open_repository

SERVICE = """\
{{- define "web.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: {{ .app }}
  ports:
    - name: http
      port: {{ .port | quote }}
{{- end -}}
"""
FILES = {
    "apps/web.yaml": """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: web
  source: {repoURL: https://git.example.com/web.git, targetRevision: main, path: chart}
  destination: {server: https://kubernetes.default.svc, namespace: web}
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: web, namespace: argocd}
spec:
  sourceRepos: [https://git.example.com/web.git]
  destinations: [{server: https://kubernetes.default.svc, namespace: other}, {server: "https://x", namespace: web}]
""",
    "presync.yaml": "repository: [https://git.example.com/web.git]\nbranch: main\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "chart/values.yaml": "port: 80\n",
    "chart/templates/_service.tpl": SERVICE,
    "chart/templates/service.yaml": '{{- include "web.service" (dict "app" "shop" "port" .Values.port) }}\n',
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(1) as one:
        yield one


def places(root: Path, engine: Engine, **changes: str) -> dict[str, str]:
    for path, text in {**FILES, **{name.replace("__", "/"): text for name, text in changes.items()}}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    repository = open_repository(root)
    return {one.rule: str(one.location).split(":0")[0] for one in collect(load(repository, engine))}


def test_lines(tmp_path: Path, engine: Engine) -> None:
    found = places(tmp_path, engine)
    assert found["REF011"] == "chart/templates/service.yaml:1"  # the label that no Pod has was handed over there
    assert found["K8S001"] == "chart/templates/_service.tpl:11"  # `quote` made the text, not the value
    assert found["ARG015"] == "apps/web.yaml:7:3"


CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  web.yaml: |
    level: {{ .Values.level }}
    {{- range $key, $value := .Values.config }}
    {{ $key }}: {{ $value }}
    {{- end }}
"""
POLICY = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: buckets
spec:
  crd:
    spec:
      names:
        kind: Buckets
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package buckets
        violation[{"msg": "web-dev", "details": {"path": ["data", name], "text": "web-dev"}}] {
          contains(input.review.object.data[name], "web-dev")
        }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Buckets
metadata:
  name: buckets
spec:
  match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}]}
"""


def test_the_text_that_a_policy_names(tmp_path: Path, engine: Engine) -> None:
    many = "".join(f"  key{number}: {number}\n" for number in range(6))
    values = f"port: 80\nlevel: info\nconfig:\n  first: s3://web-prod/a\n{many}  second: s3://web-dev/b\n"
    changes = {"chart__values.yaml": values, "chart__templates__config.yaml": CONFIG}
    found = places(tmp_path, engine, **changes, **{"chart__templates__policy.yaml": POLICY})
    assert found["POL001"].startswith("chart/values.yaml:11:")


def test_a_missing_probe_is_shown_where_a_value_sets_it(tmp_path: Path, engine: Engine) -> None:
    values = {"chart__values.yaml": "port: 80\nreadinessProbe: {}\n", "chart__templates__service.yaml": PLAIN_SERVICE}
    for name, template, place in (
        ("read", DEPLOYMENT + PROBE, "chart/values.yaml:2:1"),
        ("unread", DEPLOYMENT, "chart/templates/web.yaml:14"),  # beside the probe there is
    ):
        (tmp_path / name).mkdir()
        found = places(tmp_path / name, engine, **values, **{"chart__templates__web.yaml": template})
        assert found["K8S030"] == place


PROBE = """\
          {{- with .Values.readinessProbe }}
          readinessProbe: {{ toYaml . | nindent 12 }}
          {{- end }}
"""
PLAIN_SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: web:1.0
          ports:
            - containerPort: 80
          livenessProbe: {tcpSocket: {port: 80}}
"""
