{{/* A fact of the environment that must be there: (dict "root" . "path" "s3.featureBase"). */}}
{{- define "feature-store.global" -}}
{{- $value := .root.Values.global | default dict -}}
{{- range splitList "." .path -}}
{{- $value = kindIs "map" $value | ternary (get (kindIs "map" $value | ternary $value dict) .) "" -}}
{{- end -}}
{{- required (printf "global.%s is empty: it belongs into envs/<env>/globals.yaml" .path) $value -}}
{{- end -}}

{{/* The namespace of a reader of the contract. */}}
{{- define "feature-store.namespace" -}}
{{- include "feature-store.global" (dict "root" .root "path" (printf "namespaces.%s" .app)) -}}
{{- end -}}

{{/* Where this environment keeps its tables; read by repo.py. */}}
{{- define "feature-store.environment" -}}
{{- $s3 := .Values.global.s3 | default dict -}}
{{- $facts := dict
      "environment" (include "feature-store.global" (dict "root" . "path" "environment"))
      "featureBase" (include "feature-store.global" (dict "root" . "path" "s3.featureBase") | trimSuffix "/")
      "region" (include "feature-store.global" (dict "root" . "path" "s3.region")) -}}
{{- with $s3.endpoint -}}
{{- $_ := set $facts "s3Endpoint" . -}}
{{- end -}}
{{- printf "%s\n" (toPrettyJson $facts) -}}
{{- end -}}

{{/*
feature_store.yaml. Feast replaces ${REDIS_PASSWORD} by the variable of its own environment; no secret is written here.
*/}}
{{- define "feature-store.feastConfig" -}}
{{- $root := .root -}}
{{- $connection := printf "%s:%s,password=${REDIS_PASSWORD}"
      (include "feature-store.global" (dict "root" $root "path" "redis.host"))
      (include "feature-store.global" (dict "root" $root "path" "redis.port")) -}}
{{- range $option, $value := $root.Values.onlineStore.connectionOptions -}}
{{- $connection = printf "%s,%s=%v" $connection $option $value -}}
{{- end -}}
{{- /* Every set has the same project: feature-store.checkTogether sees to that. Feast 0.67 refuses a hyphen in its name,
whatever the online store, because a table of SQLite could not have it. */ -}}
project: {{ (get .contract.sets (keys .contract.sets | sortAlpha | first)).project | replace "-" "_" }}
provider: local
registry:
  registry_type: file
  path: s3://{{ include "feature-store.global" (dict "root" $root "path" "s3.registryBucket") }}/registry/registry.db
  cache_ttl_seconds: {{ $root.Values.registry.cacheTtlSeconds }}
offline_store:
  type: dask
online_store:
  type: redis
  connection_string: {{ $connection | quote }}
  {{- with $root.Values.onlineStore.keyTtlSeconds }}
  key_ttl_seconds: {{ int . }}
  {{- end }}
entity_key_serialization_version: 3
{{ end -}}
