"""Every way a value takes into a manifest, and the line that is named for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from presync.argocd.model import Origin
from presync.base import goyaml
from presync.base.finding import Location
from presync.provenance import Chain, explain
from presync.render.render import render
from tests.render.support import Repo, application

HELPERS = """\
{{- define "web.labels" -}}
app: {{ .Chart.Name }}
environment: {{ .Values.global.environment }}
{{- end -}}

{{- define "web.security" -}}
{{- $defaults := dict "runAsNonRoot" true "runAsUser" 1000 -}}
{{- toYaml (merge (deepCopy .Values.security) $defaults) -}}
{{- end -}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling }}
  replicas: {{ .Values.replicas | int }}
  {{- end }}
  template:
    spec:
      {{- with .Values.hostNetwork }}
      hostNetwork: {{ . }}
      {{- end }}
      securityContext:
        {{- include "web.security" . | nindent 8 }}
      containers:
        - name: web
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args: {{ tpl (toYaml .Values.args) . | nindent 12 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          ports:
            - containerPort: 8080
          terminationMessagePolicy: {{ ternary "FallbackToLogsOnError" "File" .Values.debug }}
          {{- range $key, $value := .Values.probes }}
          {{ $key }}:
            periodSeconds: {{ $value.period | default 10 }}
          {{- end }}
"""
VALUES = """\
global:
  environment: none
replicas: 1
autoscaling: false
hostNetwork: false
security: {}
image:
  repository: example/web
  tag: "1.0"
args:
  - --env={{ .Values.global.environment }}
  - --level=info
resources:
  limits:
    memory: 64Mi
debug: false
probes:
  livenessProbe:
    period: 7
cache:
  size: 5
"""
SUB = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cache}
data:
  size: {{ .Values.size | quote }}
  ttl: {{ .Values.ttl | quote }}
"""


@pytest.fixture
def chart(repo: Repo) -> Repo:
    repo.chart({"_helpers.tpl": HELPERS, "deployment.yaml": DEPLOYMENT}, values_yaml="")
    return repo.write(
        {
            "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: '9'\n"
            "dependencies:\n  - {name: cache, version: 0.1.0}\n",
            "charts/web/values.yaml": VALUES,
            "charts/web/charts/cache/Chart.yaml": "apiVersion: v2\nname: cache\nversion: 0.1.0\n",
            "charts/web/charts/cache/values.yaml": "size: 1\nttl: 30s\n",
            "charts/web/charts/cache/templates/config.yaml": SUB,
            "envs/globals.yaml": "global:\n  environment: dev\n",
            "envs/web.yaml": "replicas: 3\nresources:\n  limits:\n    memory: 128Mi\n",
        }
    )


def chain(repo: Repo, path: str, kind: str = "Deployment", **helm: Any) -> Chain:
    options = {"valueFiles": ["/envs/globals.yaml", "/envs/web.yaml"], **helm}
    rendered = render(application(path="charts/web", helm=options), repo.context())
    assert not rendered.error, rendered.error
    resource = next(one for one in rendered.resources if one.kind == kind)
    return explain(resource, [int(step) if step.isdigit() else step for step in path.split(".")])


C = "spec.template.spec.containers.0"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("spec.replicas", "envs/web.yaml:1:1"),
        ("metadata.labels.environment", "envs/globals.yaml:2:3"),
        ("metadata.labels.app", "charts/web/templates/_helpers.tpl:2"),
        ("metadata.name", "charts/web/templates/deployment.yaml:4"),
        ("spec.template.spec.securityContext.runAsUser", "charts/web/templates/_helpers.tpl:7"),
        (f"{C}.image", "charts/web/values.yaml:8:3"),
        (f"{C}.args.0", "envs/globals.yaml:2:3"),
        (f"{C}.args.1", "charts/web/values.yaml:12:5"),
        (f"{C}.resources.limits.memory", "envs/web.yaml:4:5"),
        (f"{C}.resources", "envs/web.yaml:2:1"),
        (f"{C}.ports.0.containerPort", "charts/web/templates/deployment.yaml:25"),
        (f"{C}.terminationMessagePolicy", "charts/web/values.yaml:16:1"),
        (f"{C}.livenessProbe.periodSeconds", "charts/web/values.yaml:19:5"),
        # not there: what would set it, else the parent
        ("spec.template.spec.hostNetwork", "charts/web/values.yaml:5:1"),
        ("spec.template.spec.hostPID", "charts/web/templates/deployment.yaml:12"),
    ],
)
def test_line(chart: Repo, path: str, location: str) -> None:
    found = chain(chart, path)
    assert str(found.location).removesuffix(":0") == location, found


def test_subcharts(chart: Repo) -> None:
    assert str(chain(chart, "data.size", "ConfigMap").location) == "charts/web/values.yaml:21:3"
    assert str(chain(chart, "data.ttl", "ConfigMap").location) == "charts/web/charts/cache/values.yaml:2:1"
    hidden = chain(chart, "data.size", "ConfigMap").keys[0].hides
    assert [str(one) for one in hidden] == ["charts/web/charts/cache/values.yaml:1:1"]


def test_values_in_the_application(chart: Repo) -> None:
    inline = chain(chart, "spec.replicas", valuesObject={"replicas": 7})
    assert (str(inline.location), inline.value) == ("apps/app.yaml:3", 7)
    assert [str(one) for one in inline.keys[0].hides] == ["envs/web.yaml:1:1", "charts/web/values.yaml:3:1"]
    parameter = chain(chart, "spec.replicas", parameters=[{"name": "replicas", "value": "8"}])
    assert (str(parameter.location), parameter.value) == ("apps/app.yaml:3", 8)


APPLICATION = """\
# a comment
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app}
spec:
  source:
    path: charts/web
    helm:
      valuesObject:
        image:
          tag: "2.0"
      parameters:
        - name: replicas
          value: "8"
        - {name: "args[0]", value: --env=test}
"""


@pytest.mark.parametrize(
    ("text", "path", "location"),
    [
        (APPLICATION, "spec.replicas", "apps/app.yaml:13:11"),
        (APPLICATION, f"{C}.args.0", "apps/app.yaml:15:11"),
        (APPLICATION, f"{C}.image", "charts/web/values.yaml:8:3"),
        (APPLICATION.replace("tag:", "repository: other/name\n          tag:"), f"{C}.image", "apps/app.yaml:11:11"),
        (
            APPLICATION.replace("valuesObject:", "values: |").replace("parameters:", "x:"),
            f"{C}.resources.limits.memory",
            "charts/web/values.yaml:15:5",
        ),
        (
            "\n\n" + APPLICATION.replace("valuesObject:", "values: |").replace('tag: "2.0"', "repository: other/name"),
            f"{C}.image",
            "apps/app.yaml:13:0",
        ),
    ],
)
def test_lines_in_the_application(chart: Repo, text: str, path: str, location: str) -> None:
    chart.write({"apps/app.yaml": text})
    (document,) = goyaml.documents(text)
    made = application(**document.data["spec"]["source"])
    made = replace(made, origin=Origin(Location("apps/app.yaml", document.line)))
    rendered = render(made, chart.context())
    assert not rendered.error, rendered.error
    resource = next(one for one in rendered.resources if one.kind == "Deployment")
    found = explain(resource, [int(step) if step.isdigit() else step for step in path.split(".")])
    assert f"{found.location.file}:{found.location.line}:{found.location.column}" == location


def test_the_whole_chain(chart: Repo) -> None:
    found = chain(chart, "metadata.labels.environment")
    assert [(key.path, key.value, key.default) for key in found.keys] == [(("global", "environment"), "dev", False)]
    assert [str(line.location) for line in found.lines] == [
        "charts/web/templates/_helpers.tpl:3",
        "charts/web/templates/deployment.yaml:6",
    ]
    assert found.lines[0].text == "environment: {{ .Values.global.environment }}"


def test_a_chart_that_refuses_changed_values(repo: Repo) -> None:
    repo.chart(
        {
            "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
            '  {{- if ne .Values.mode "one" }}{{ fail "mode" }}{{ end }}\n  mode: {{ .Values.mode }}\n'
        },
        values_yaml="mode: one\n",
    )
    repo.write({"charts/web/values.yaml": "mode: one\n"})
    rendered = render(application(path="charts/web"), repo.context())
    found = explain(rendered.resources[0], ["data", "mode"])
    assert str(found.location) == "charts/web/templates/a.yaml:6"


def test_what_is_not_helm_has_no_chain(repo: Repo) -> None:
    repo.write({"plain/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: z}\n"})
    rendered = render(application(path="plain"), repo.context())
    assert explain(rendered.resources[0], ["data", "x"]) == Chain("z")


RULES = """\
groups:
  - name: one
    rules:
      - alert: Down
        expr: up == 0
      - alert: Slow
        expr: latency > {{ 1 }}
        labels: {team: a}
"""
RULE = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: rules}
spec:
  {{- .Files.Get "rules/one.yaml" | fromYaml | toYaml | nindent 2 }}
"""


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("spec.groups.0.rules.0.alert", "charts/web/rules/one.yaml:4"),
        ("spec.groups.0.rules.0.expr", "charts/web/rules/one.yaml:5"),
        ("spec.groups.0.rules.1.labels.team", "charts/web/rules/one.yaml:8"),
        ("spec.groups.0.rules.1.labels", "charts/web/rules/one.yaml:8"),
        ("spec.groups.0.rules.0.labels", "charts/web/rules/one.yaml:4"),
    ],
)
def test_an_entry_of_a_file_of_the_chart(chart: Repo, path: str, location: str) -> None:
    chart.write({"charts/web/rules/one.yaml": RULES, "charts/web/templates/rules.yaml": RULE})
    found = chain(chart, path, "PrometheusRule")
    assert str(found.location) == location, found


NAMED = """\
{{- define "web.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .root.Values.fullname | default .root.Chart.Name }}
spec:
  selector: {app: {{ .app | quote }}}
  ports:
    - name: http
      port: 80
{{- end -}}
"""


def test_who_included_a_template(chart: Repo) -> None:
    """A text that was handed to a named template stands where that is included."""
    chart.write(
        {
            "charts/web/templates/_service.tpl": NAMED,
            "charts/web/templates/service.yaml": '# x\n{{- include "web.service" (dict "root" . "app" "shop") }}\n',
            "charts/web/values.yaml": VALUES + 'fullname: ""\n',
        }
    )
    found = chain(chart, "spec.selector.app", "Service")
    assert [str(line.location) for line in found.lines] == [
        "charts/web/templates/_service.tpl:7",
        "charts/web/templates/service.yaml:2",
    ]
    # An empty default could replace the name, but did not make it.
    assert str(chain(chart, "metadata.name", "Service").location) == "charts/web/templates/_service.tpl:5"


VOLUMES = """\
{{- define "web.scratch" -}}
- name: scratch
  emptyDir:
    sizeLimit: 1Gi
- name: old
  emptyDir: {{ dict "medium" "Memory" "sizeLimit" "2Gi" | toJson }}
{{- end -}}
{{- define "web.volumes" -}}
- name: tmp
  emptyDir:
    sizeLimit: 1Gi
{{ include "web.scratch" . }}
- name: broken
  emptyDir:
    sizeLimit: {{ if true }}64Mi
      {{- end }}
{{- end -}}
"""
PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: pod}
spec:
  volumes:
    {{- include "web.volumes" . | fromYamlArray | toYaml | nindent 4 }}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("spec.volumes.0.emptyDir.sizeLimit", 11),
        ("spec.volumes.1.emptyDir.sizeLimit", 4),
        # No line with the key could be seen to set it: changing the one that does cannot be rendered.
        ("spec.volumes.3.emptyDir.sizeLimit", 15),
    ],
)
def test_one_of_several_lines_that_hold_the_key(chart: Repo, path: str, line: int) -> None:
    """What was read and printed again carries no marks: the line is the one that changes the field."""
    chart.write({"charts/web/templates/_volumes.tpl": VOLUMES, "charts/web/templates/pod.yaml": PODS})
    found = chain(chart, path, "Pod")
    assert str(found.lines[0].location) == f"charts/web/templates/_volumes.tpl:{line}"


SETS = """\
{{- range $path, $_ := .Files.Glob "sets/*.yaml" }}
{{- $name := base $path | trimSuffix ".yaml" }}
{{- with $.Files.Get $path | fromYaml }}
---
apiVersion: example.com/v1
kind: Set{{ $name }}
metadata: {name: {{ $name }}-set}
# check
spec:
  {{- toYaml .spec | nindent 2 }}
{{- end }}
{{- end }}
"""


@pytest.mark.parametrize(("set_name", "line"), [("one", "one.yaml:4"), ("two", "two.yaml:4")])
@pytest.mark.parametrize("refused", [False, True])
def test_two_files_with_an_entry_of_one_name(chart: Repo, set_name: str, line: str, refused: bool) -> None:
    """The file is the one whose change changes the field; where the chart refuses any other text, that of its name."""
    check = '{{ if ne (index .spec.features 0).dtype "int64" }}{{ fail "dtype" }}{{ end }}' if refused else ""
    entry = "spec:\n  features:\n    - name: total\n      dtype: int64\n"
    chart.write(
        {
            "charts/web/sets/one.yaml": entry,
            "charts/web/sets/two.yaml": entry,
            "charts/web/templates/sets.yaml": SETS.replace("# check", check),
        }
    )
    found = chain(chart, "spec.features.0.dtype", f"Set{set_name}")
    assert str(found.location) == f"charts/web/sets/{line}"


OVERLAID = """\
{{- define "web.env" -}}
{{- if .Values.debug }}
- name: DEBUG
  value: "1"
{{- end }}
- name: PIPELINE_FEATURE_BASE
  value: {{ printf "%s-%s" "features" "of-the-pipeline" }}
{{- end -}}
{{- define "web.volumes" -}}
- name: scratch
  emptyDir: {}
{{- end -}}
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  template:
    spec:
      containers:
        - name: job
          env:
            {{- include "web.env" . | fromYamlArray | toYaml | nindent 12 }}
      volumes:
        {{- concat (include "web.volumes" . | fromYamlArray) .Values.volumes | toYaml | nindent 8 }}
"""


@pytest.mark.parametrize(
    ("path", "location"),
    [
        # What is read by another template and printed again stands where it is spelt out
        (f"{C}.env.0.name", "charts/web/templates/_env.tpl:6"),
        # A field that is not there is explained by the value that became what it would stand in.
        ("spec.template.spec.volumes.1.configMap.name", "charts/web/values.yaml:24:5"),
    ],
)
def test_lists_that_are_put_together(chart: Repo, path: str, location: str) -> None:
    chart.write(
        {
            "charts/web/templates/_env.tpl": OVERLAID,
            "charts/web/templates/job.yaml": JOB,
            "charts/web/values.yaml": VALUES + "volumes:\n  - name: models\n    configMap:\n      defaultMode: 288\n",
        }
    )
    found = chain(chart, path, "Job")
    assert str(found.location) == location, found
    # A value that puts something before an item of a list does not set it.
    assert chain(chart, f"{C}.env.0.value", "Job").keys == ()
