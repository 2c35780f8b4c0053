{{/*
"true" where ServiceMonitors and PrometheusRules are wanted in this environment, else empty.
*/}}
{{- define "common.monitoringEnabled" -}}
{{- if dig "monitoring" "enabled" false (.Values.global | default dict) -}}true{{- end -}}
{{- end -}}

{{/*
A ServiceMonitor for the Service of a component, rendered with global.monitoring.enabled. The job label becomes the
app's name, so alerts can say {job="redis"}. Also taken: scrapeTimeout, honorLabels, relabelings, metricRelabelings.
    include "common.serviceMonitor" (dict "root" . "component" "metrics" "port" "metrics" "interval" "30s" "path" "/metrics")
*/}}
{{- define "common.serviceMonitor" -}}
{{- if include "common.monitoringEnabled" .root -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "common.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.monitoringLabels" . | nindent 4 }}
spec:
  jobLabel: app.kubernetes.io/name
  namespaceSelector:
    matchNames:
      - {{ .root.Release.Namespace }}
  selector:
    matchLabels:
      {{- include "common.componentSelectorLabels" . | nindent 6 }}
  endpoints:
    - port: {{ .port | default "metrics" }}
      path: {{ .path | default "/metrics" }}
      interval: {{ .interval | default "30s" }}
      {{- with .scrapeTimeout }}
      scrapeTimeout: {{ . }}
      {{- end }}
      {{- if .honorLabels }}
      honorLabels: true
      {{- end }}
      {{- with .relabelings }}
      relabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .metricRelabelings }}
      metricRelabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
{{- end -}}

{{/*
Labels of an alert, so that every one can be routed, grouped and inhibited alike: absent() and sums keep no label of
their own. `extra` comes on top.
    include "common.alertLabels" (dict "root" . "severity" "critical" "extra" (dict "feature_set" "user-features"))
*/}}
{{- define "common.alertLabels" -}}
{{- $labels := dict "severity" .severity "service" (include "common.name" .root) "namespace" .root.Release.Namespace -}}
{{- with dig "environment" "" (.root.Values.global | default dict) -}}
{{- $_ := set $labels "environment" . -}}
{{- end -}}
{{- toYaml (mergeOverwrite $labels (.extra | default dict)) -}}
{{- end -}}

{{/*
The runbook of an alert: <base>/<alert>.md.
    include "common.runbookUrl" (dict "base" .Values.metrics.prometheusRule.runbookBaseUrl "alert" "RedisDown")
*/}}
{{- define "common.runbookUrl" -}}
{{- printf "%s/%s.md" (.base | default "https://git.example.com/mlops/feature-platform/src/branch/main/docs/runbooks" | trimSuffix "/") .alert -}}
{{- end -}}

{{/*
Where an alert is seen on a dashboard: Grafana of this environment.
    dashboard_url: {{ include "common.dashboardUrl" (dict "root" $ "uid" "redis") }}
*/}}
{{- define "common.dashboardUrl" -}}
{{- printf "https://grafana.%s/d/%s" .root.Values.global.domain .uid | quote -}}
{{- end -}}
