"""Trees to measure on: N Applications × 2 environments of one chart, nine objects each, wired as this repository is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

URL = "https://git.example.com/bench/platform.git"

_SETTINGS = f"""\
repository: [{URL}]
branch: main
environments: {{dev: {{}}, prod: {{}}}}
objects:
  - {{kind: IngressClass, name: nginx, why: made by the ingress controller}}
"""

_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: ENV
  namespace: argocd
spec:
  goTemplate: true
  goTemplateOptions: ["missingkey=error"]
  generators:
    - git:
        repoURL: @URL@
        revision: HEAD
        files:
          - path: envs/ENV/*/app.yaml
  template:
    metadata:
      name: "{{ .path.basename }}-ENV"
    spec:
      project: default
      destination:
        server: https://kubernetes.default.svc
        namespace: "{{ .path.basename }}-ENV"
      source:
        repoURL: @URL@
        targetRevision: HEAD
        path: "charts/{{ .chart }}"
        helm:
          valueFiles:
            - /envs/ENV/globals.yaml
            - "/envs/ENV/{{ .path.basename }}/values.yaml"
      syncPolicy:
        automated: {prune: true, selfHeal: true}
        syncOptions: [CreateNamespace=true, ServerSideApply=true]
"""

_HELPERS = """\
{{- define "app.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
environment: {{ .Values.global.environment }}
{{- end -}}
{{- define "app.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
"""

_HEAD = """\
metadata:
  name: {{ .Release.Name }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
"""

_TEMPLATES = {
    "serviceaccount.yaml": "apiVersion: v1\nkind: ServiceAccount\n" + _HEAD + "automountServiceAccountToken: false\n",
    "configmap.yaml": "apiVersion: v1\nkind: ConfigMap\n"
    + _HEAD
    + "data:\n  settings.json: |\n    {{ .Values.settings | toJson }}\n",
    "service.yaml": "apiVersion: v1\nkind: Service\n"
    + _HEAD
    + """\
spec:
  selector:
    {{- include "app.selector" . | nindent 4 }}
  ports:
    - name: http
      port: 80
      targetPort: http
""",
    "deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\n"
    + _HEAD
    + """\
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "app.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "app.labels" . | nindent 8 }}
      annotations:
        checksum/config: {{ .Values.settings | toJson | sha256sum }}
    spec:
      serviceAccountName: {{ .Release.Name }}
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: app
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
          ports:
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet: {path: /ready, port: http}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - name: config
              mountPath: /etc/app
      volumes:
        - name: config
          configMap:
            name: {{ .Release.Name }}
""",
    "hpa.yaml": "{{- if .Values.autoscaling.enabled }}\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
    + _HEAD
    + """\
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .Release.Name }}}
  minReplicas: {{ .Values.replicas }}
  maxReplicas: 10
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
{{- end }}
""",
    "pdb.yaml": "apiVersion: policy/v1\nkind: PodDisruptionBudget\n"
    + _HEAD
    + 'spec:\n  maxUnavailable: 1\n  selector:\n    matchLabels:\n      {{- include "app.selector" . | nindent 6 }}\n',
    "networkpolicy.yaml": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    + _HEAD
    + """\
spec:
  podSelector:
    matchLabels:
      {{- include "app.selector" . | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - port: http
""",
    "ingress.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\n"
    + _HEAD
    + """\
spec:
  ingressClassName: nginx
  rules:
    - host: {{ .Release.Name }}.{{ .Values.global.domain }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {service: {name: {{ .Release.Name }}, port: {name: http}}}
""",
    "servicemonitor.yaml": "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n"
    + _HEAD
    + """\
spec:
  selector:
    matchLabels:
      {{- include "app.selector" . | nindent 6 }}
  endpoints:
    - port: http
""",
}

_VALUES = """\
replicas: 2
image: {repository: registry.example.com/bench/app, tag: 1.0.0}
autoscaling: {enabled: true}
settings: {level: info, retries: 3}
resources:
  requests: {cpu: 100m, memory: 128Mi}
  limits: {memory: 256Mi}
"""


def files(count: int) -> Iterator[tuple[str, str]]:
    """Path and content of every file of a tree with ``count`` Applications per environment."""
    yield "presync.yaml", _SETTINGS
    yield "charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n"
    yield "charts/app/values.yaml", _VALUES
    yield "charts/app/templates/_helpers.tpl", _HELPERS
    for name, text in _TEMPLATES.items():
        yield f"charts/app/templates/{name}", text
    for environment in ("dev", "prod"):
        yield f"apps/{environment}.yaml", _SET.replace("ENV", environment).replace("@URL@", URL)
        yield (
            f"envs/{environment}/globals.yaml",
            f"global:\n  environment: {environment}\n  domain: {environment}.example.com\n",
        )
        for index in range(count):
            folder = f"envs/{environment}/app-{index:04d}"
            yield f"{folder}/app.yaml", "chart: app\n"
            yield f"{folder}/values.yaml", f"replicas: {2 + index % 3}\nsettings:\n  number: {index}\n"


def write(folder: Path, count: int) -> None:
    """The tree on the disk."""
    for name, text in files(count):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def main() -> None:
    """`python generate.py FOLDER COUNT`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    write(arguments.folder, arguments.count)


if __name__ == "__main__":
    main()
