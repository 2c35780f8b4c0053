{{/*
Lists of named things (env, volumes) or of mounts, laid over each other: a later item replaces the earlier one with the
same key and takes its place. Kubernetes knows these lists by key and refuses doubles.
    include "airflow.overlay" (dict "key" "name" "lists" (list $a $b)) | fromYamlArray
*/}}
{{- define "airflow.overlay" -}}
{{- $key := .key -}}
{{- $order := list -}}
{{- $items := dict -}}
{{- range $list := .lists -}}
{{- range $item := $list -}}
{{- $name := get $item $key -}}
{{- if not (hasKey $items $name) -}}{{- $order = append $order $name -}}{{- end -}}
{{- $_ := set $items $name $item -}}
{{- end -}}
{{- end -}}
{{- $out := list -}}
{{- range $order -}}{{- $out = append $out (get $items .) -}}{{- end -}}
{{- toYaml $out -}}
{{- end -}}

{{/* A value that upstream's chart takes as text with templates in it, or that is a list already. */}}
{{- define "airflow.list" -}}
{{- if kindIs "string" .value -}}
{{- tpl .value .root -}}
{{- else -}}
{{- toYaml .value -}}
{{- end -}}
{{- end -}}

{{- define "airflow.secretKeyRef" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{/* The keys and the connection a component needs, from Secrets. */}}
{{- define "airflow.secretEnvironment" -}}
{{- $values := .root.Values -}}
{{- if .facts.database }}
{{ include "airflow.secretKeyRef" (dict "name" "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" "secret" $values.data.metadataSecretName "key" "connection") }}
{{- end }}
{{- if has "fernet" .facts.keys }}
{{ include "airflow.secretKeyRef" (dict "name" "AIRFLOW__CORE__FERNET_KEY" "secret" $values.fernetKeySecretName "key" "fernet-key") }}
{{- end }}
{{- if has "api" .facts.keys }}
{{ include "airflow.secretKeyRef" (dict "name" "AIRFLOW__API__SECRET_KEY" "secret" $values.apiSecretKeySecretName "key" "api-secret-key") }}
{{- end }}
{{- if has "jwt" .facts.keys }}
{{ include "airflow.secretKeyRef" (dict "name" "AIRFLOW__API_AUTH__JWT_SECRET" "secret" $values.jwtSecretName "key" "jwt-secret") }}
{{- end }}
{{- end -}}

{{/* AWS: where, and with what. */}}
{{- define "airflow.awsEnvironment" -}}
{{- $s3 := dig "s3" dict (.Values.global | default dict) | default dict -}}
{{- with $s3.region }}
- name: AWS_REGION
  value: {{ . }}
- name: AWS_DEFAULT_REGION
  value: {{ . }}
{{- end }}
{{- with $s3.endpoint }}
- name: AWS_ENDPOINT_URL
  value: {{ . }}
{{- end }}
{{- if eq .Values.aws.credentials "secret" }}
- name: AWS_SHARED_CREDENTIALS_FILE
  value: /opt/airflow/.aws/{{ .Values.aws.existingSecretKey }}
# Never the credentials of the node.
- name: AWS_EC2_METADATA_DISABLED
  value: "true"
{{- end }}
{{- end -}}

{{/* What the DAGs read, the same in every pod that parses or runs them. */}}
{{- define "airflow.pipelineEnvironment" -}}
{{- $global := .Values.global | default dict -}}
{{- $pipeline := .Values.pipeline -}}
- name: MLOPS_ENVIRONMENT
  value: {{ required "global.environment is empty: it is said in envs/<env>/globals.yaml" (dig "environment" "" $global) }}
- name: MLOPS_FEATURE_STORE_DIR
  value: /opt/airflow/feature-store
- name: MLOPS_RAW_BASE
  value: {{ required "global.s3.rawBase is empty: write where raw events are, such as s3://bucket/events" (dig "s3" "rawBase" "" $global) }}
- name: MLOPS_FEATURE_BASE
  value: {{ required "global.s3.featureBase is empty: write where features go, such as s3://bucket/feature-store" (dig "s3" "featureBase" "" $global) }}
- name: MLOPS_TIME_ZONE
  value: {{ dig "timeZone" "UTC" $global }}
- name: MLOPS_ENGINE
  value: {{ $pipeline.engine }}
{{- $gateway := $pipeline.pushgatewayUrl }}
{{- if not $gateway }}
{{- with dig "namespaces" "monitoring" "" $global }}
{{- $gateway = printf "http://pushgateway.%s.svc.%s:9091" . (dig "clusterDomain" "cluster.local" $global) }}
{{- end }}
{{- end }}
{{- with $gateway }}
- name: MLOPS_PUSHGATEWAY_URL
  value: {{ . }}
{{- end }}
{{- with $pipeline.runbookBaseUrl }}
- name: MLOPS_RUNBOOK_BASE
  value: {{ . }}
{{- end }}
{{- if $pipeline.slack.existingSecret }}
- name: MLOPS_SLACK_WEBHOOK_FILE
  value: /opt/airflow/secrets/slack/{{ $pipeline.slack.existingSecretKey }}
{{- end }}
{{- end -}}

{{/*
The whole `env` of a container of Airflow. The chart's own first, then everybody's, then the component's.
    include "airflow.environment" (dict "root" . "component" "scheduler")
*/}}
{{- define "airflow.environment" -}}
{{- $root := .root -}}
{{- $facts := include "airflow.component" .component | fromYaml -}}
{{- $own := include "airflow.ownEnvironment" (dict "root" $root "component" .component "facts" $facts) | fromYamlArray -}}
{{- $secret := list -}}
{{- range $root.Values.secret -}}
{{- $secret = append $secret (dict "name" .envName "valueFrom" (dict "secretKeyRef" (dict "name" .secretName "key" .secretKey))) -}}
{{- end -}}
{{- $extra := include "airflow.list" (dict "root" $root "value" $root.Values.extraEnv) | fromYamlArray -}}
{{- $component := get (get $root.Values $facts.values) "env" | default list -}}
{{- $lists := list $own $root.Values.env $extra $secret $component -}}
{{- include "airflow.overlay" (dict "key" "name" "lists" $lists) -}}
{{- end -}}

{{- define "airflow.ownEnvironment" -}}
- name: AIRFLOW_HOME
  value: /opt/airflow
# The root file system is read-only.
- name: PYTHONDONTWRITEBYTECODE
  value: "1"
- name: PYTHONUNBUFFERED
  value: "1"
# The image's entry point need not wait for the database; an init container does.
- name: CONNECTION_CHECK_MAX_COUNT
  value: "0"
{{- include "airflow.secretEnvironment" . }}
{{- if eq .component "api-server" }}
# Whoever reaches it is the ingress controller or a pod of this release: see the NetworkPolicy.
- name: FORWARDED_ALLOW_IPS
  value: "*"
{{- end }}
{{- if eq .component "create-user" }}
{{- $job := .root.Values.createUserJob }}
- name: FIRST
  value: {{ $job.firstName | quote }}
- name: LAST
  value: {{ $job.lastName | quote }}
- name: ROLE
  value: {{ $job.role | quote }}
{{- end }}
{{- if include "airflow.usesAws" . }}
{{- include "airflow.awsEnvironment" .root }}
{{- end }}
{{- if .facts.contract }}
{{ include "airflow.pipelineEnvironment" .root }}
{{- end }}
{{- end -}}

{{/* "true" for who needs AWS credentials: what runs or parses tasks, and with remote logging the reader of logs. */}}
{{- define "airflow.usesAws" -}}
{{- if or .facts.contract (and (eq .component "api-server") (include "airflow.remoteLogging" .root)) -}}true{{- end -}}
{{- end -}}
