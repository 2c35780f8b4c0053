{{/*
What a selector may hold. Never more than this: selectors of Deployments and StatefulSets cannot be changed later.
*/}}
{{- define "common.selectorLabels" -}}
app.kubernetes.io/name: {{ include "common.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/*
    include "common.componentSelectorLabels" (dict "root" . "component" "server")
*/}}
{{- define "common.componentSelectorLabels" -}}
{{ include "common.selectorLabels" .root }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{/*
Labels that do not change with the chart's version. Internal: labels and podLabels build on it.
*/}}
{{- define "common.stableLabels" -}}
app.kubernetes.io/part-of: feature-platform
{{- with dig "environment" "" (.Values.global | default dict) }}
environment: {{ . }}
{{- end }}
{{- end -}}

{{/*
Internal: the labels that do change with the chart's version.
*/}}
{{- define "common.versionLabels" -}}
{{- with .Chart.AppVersion -}}
app.kubernetes.io/version: {{ . | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ end -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ include "common.chart" . }}
{{- end -}}

{{/*
The labels of an object.
*/}}
{{- define "common.labels" -}}
{{ include "common.selectorLabels" . }}
{{ include "common.versionLabels" . }}
{{ include "common.stableLabels" . }}
{{- end -}}

{{/*
    include "common.componentLabels" (dict "root" . "component" "server")
*/}}
{{- define "common.componentLabels" -}}
{{ include "common.componentSelectorLabels" . }}
{{ include "common.versionLabels" .root }}
{{ include "common.stableLabels" .root }}
{{- end -}}

{{/*
The labels of a pod template: no chart version, so that a new version of a chart which changes nothing else restarts
nothing. `extra` is a map of further labels; it may not touch the selector.
    include "common.podLabels" (dict "root" . "component" "server" "extra" .Values.podLabels)
*/}}
{{- define "common.podLabels" -}}
{{ include "common.componentSelectorLabels" . }}
{{ include "common.stableLabels" .root }}
{{- range $key, $value := .extra | default dict }}
{{- if or (has $key (list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/part-of" "environment")) }}
{{- fail (printf "podLabels: %s is the chart's own label: choose another key" $key) }}
{{- end }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/*
The labels of a ServiceMonitor or PrometheusRule: the object's own, and over them those by which the Prometheus of
this environment selects (global.monitoring.labels).
    include "common.monitoringLabels" (dict "root" . "component" "server")
*/}}
{{- define "common.monitoringLabels" -}}
{{- $own := include "common.componentLabels" . | fromYaml -}}
{{- $selected := dig "monitoring" "labels" dict (.root.Values.global | default dict) -}}
{{- toYaml (mergeOverwrite $own ($selected | default dict)) -}}
{{- end -}}
