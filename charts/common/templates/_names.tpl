{{/*
The bare name of the app, which is the chart's name unless nameOverride says otherwise.
*/}}
{{- define "common.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The prefix of every resource name: fullnameOverride, else the chart's name. The release name (`redis-dev`) is left out
on purpose: the namespace says the environment already, and a Service keeps one name in all of them.
*/}}
{{- define "common.fullname" -}}
{{- .Values.fullnameOverride | default (include "common.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The full name with a component behind it; without a component, the full name.
    include "common.componentName" (dict "root" . "component" "replicas")
*/}}
{{- define "common.componentName" -}}
{{- $fullname := include "common.fullname" .root -}}
{{- if .component -}}
{{- printf "%s-%s" $fullname .component | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $fullname -}}
{{- end -}}
{{- end -}}

{{- define "common.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}
