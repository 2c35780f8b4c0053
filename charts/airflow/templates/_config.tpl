{{/*
airflow.cfg as a map of sections: what follows from other values, and over it what `config` says. A ConfigMap holds it,
so nothing secret may be in it: keys and connections come as variables, from Secrets.
*/}}
{{- define "airflow.config" -}}
{{- $ingress := include "airflow.ingress" . | fromYaml -}}
{{- $config := dict
      "core" (dict
        "executor" .Values.executor
        "dags_folder" (include "airflow.dagsFolder" .)
        "auth_manager" "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
        "execution_api_server_url" (printf "%s/execution/" (include "airflow.internalUrl" .)))
      "logging" (dict "base_log_folder" "/opt/airflow/logs")
      "scheduler" (dict "enable_health_check" "True")
      "kubernetes_executor" (dict
        "namespace" .Release.Namespace
        "pod_template_file" "/opt/airflow/pod_templates/pod_template_file.yaml"
        "multi_namespace_mode" "False") -}}
{{- if .Values.statsd.enabled -}}
{{- /* Tags in InfluxDB's form become labels in the exporter; names with ids in them would each be a metric. */ -}}
{{- $_ := set $config "metrics" (dict
      "statsd_on" "True"
      "statsd_host" (include "common.componentName" (dict "root" . "component" "statsd"))
      "statsd_port" 9125
      "statsd_prefix" "airflow"
      "statsd_influxdb_enabled" "True"
      "legacy_names_on" "False") -}}
{{- end -}}
{{- if $ingress.enabled -}}
{{- $_ := set $config "api" (dict "base_url" (printf "%s://%s" ($ingress.tls.enabled | ternary "https" "http") $ingress.host)) -}}
{{- $_ := set $config "fab" (dict "enable_proxy_fix" "True") -}}
{{- end -}}
{{- mergeOverwrite $config (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{/* The text of airflow.cfg. Values are templates; a whole number stays one, however YAML was read. */}}
{{- define "airflow.cfg" -}}
{{- $root := . -}}
{{- range $section, $options := include "airflow.config" . | fromYaml }}
[{{ $section }}]
{{- range $name, $value := $options }}
{{- if kindIs "float64" $value }}{{- $value = eq $value (floor $value) | ternary (int64 $value) $value }}{{- end }}
{{ $name }} = {{ tpl (toString $value) $root | trim | replace "\n" "\n    " }}
{{- end }}
{{ end }}
{{- end -}}

{{/* The data of the ConfigMap. */}}
{{- define "airflow.configData" -}}
airflow.cfg: |
  {{- include "airflow.cfg" . | trim | nindent 2 }}
{{- if and (include "airflow.gitOverSsh" .) .Values.dags.gitSync.knownHosts }}
known_hosts: |
  {{- .Values.dags.gitSync.knownHosts | trim | nindent 2 }}
{{- end }}
{{- end -}}
