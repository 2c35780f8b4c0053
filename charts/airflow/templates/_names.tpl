{{/*
The components, each with the key of its values and what it needs to know:
* contract: parses or runs tasks, so it sees the contract, the AWS credentials and the MLOPS_* settings;
* dags: reads the files of DAGs. In Airflow 3 that is who parses them (DAG processor), who runs them (task pods) and who
  runs triggers defined beside them (triggerer). Scheduler and API server read the serialized DAGs of the database;
* database: reaches the metadata database. Task pods do not: they ask the API server;
* keys: which of the keys it gets. What a container has not it cannot lose.
*/}}
{{- define "airflow.components" -}}
api-server: {values: apiServer, contract: false, dags: false, database: true, keys: [fernet, api, jwt]}
scheduler: {values: scheduler, contract: true, dags: false, database: true, keys: [fernet, jwt]}
dag-processor: {values: dagProcessor, contract: true, dags: true, database: true, keys: [fernet]}
triggerer: {values: triggerer, contract: true, dags: true, database: true, keys: [fernet, api]}
worker: {values: workers, contract: true, dags: true, database: false, keys: []}
migrate: {values: migrateDatabaseJob, contract: false, dags: false, database: true, keys: [fernet]}
create-user: {values: createUserJob, contract: false, dags: false, database: true, keys: [fernet, api]}
{{- end -}}

{{/* The facts of one component: include "airflow.component" "scheduler" | fromYaml */}}
{{- define "airflow.component" -}}
{{- get (include "airflow.components" . | fromYaml) . | toYaml -}}
{{- end -}}

{{/*
The ServiceAccount of a component. Jobs run under one that nothing is granted to.
    include "airflow.serviceAccountName" (dict "root" . "component" "scheduler")
*/}}
{{- define "airflow.serviceAccountName" -}}
{{- $facts := include "airflow.component" .component | fromYaml -}}
{{- $values := get .root.Values $facts.values -}}
{{- if has .component (list "migrate" "create-user") -}}
{{- include "common.componentName" (dict "root" .root "component" "jobs") -}}
{{- else -}}
{{- include "common.serviceAccountName" (dict "root" .root "serviceAccount" $values.serviceAccount "component" .component) -}}
{{- end -}}
{{- end -}}

{{- define "airflow.image" -}}
{{- $image := deepCopy .Values.images.airflow -}}
{{- if not (or $image.tag $image.digest) -}}
{{- $_ := set $image "tag" .Values.airflowVersion -}}
{{- end -}}
{{- include "common.image" (dict "root" . "image" $image "path" "images.airflow") -}}
{{- end -}}

{{- define "airflow.dagsFolder" -}}
{{- $git := .Values.dags.gitSync -}}
{{- if $git.enabled -}}
{{- list .Values.dags.mountPath "repo" $git.subPath | join "/" | clean -}}
{{- else -}}
{{- .Values.dags.mountPath -}}
{{- end -}}
{{- end -}}

{{/* "true" where task logs go to S3 or elsewhere. */}}
{{- define "airflow.remoteLogging" -}}
{{- if eq (dig "logging" "remote_logging" "False" .Values.config | toString | lower) "true" -}}true{{- end -}}
{{- end -}}

{{/* The smallest number of API servers there can be. */}}
{{- define "airflow.minApiServers" -}}
{{- .Values.apiServer.hpa.enabled | ternary .Values.apiServer.hpa.minReplicaCount .Values.apiServer.replicas | int -}}
{{- end -}}

{{/* ingress.apiServer in the words of the common chart. */}}
{{- define "airflow.ingress" -}}
{{- $ingress := .Values.ingress.apiServer -}}
{{- $first := first (append ($ingress.hosts | default list) (dict "name" $ingress.host)) -}}
{{- $host := kindIs "string" $first | ternary (dict "name" $first) $first -}}
{{- $tls := mergeOverwrite (deepCopy $ingress.tls) (dig "tls" dict $host) -}}
{{- dict "enabled" $ingress.enabled "className" $ingress.ingressClassName "host" ($host.name | default (printf "%s.%s" (include "common.fullname" .) (dig "domain" "" (.Values.global | default dict)))) "path" $ingress.path "pathType" $ingress.pathType "annotations" $ingress.annotations "tls" (merge (dict "secretName" ($tls.secretName | default (printf "%s-tls" (include "common.fullname" .)))) $tls) | toYaml -}}
{{- end -}}

{{/* The URL of the API server within the cluster. */}}
{{- define "airflow.internalUrl" -}}
{{- printf "http://%s.%s.svc.%s:%d" (include "common.componentName" (dict "root" . "component" "api-server")) .Release.Namespace (dig "clusterDomain" "cluster.local" (.Values.global | default dict)) (int .Values.apiServer.service.port) -}}
{{- end -}}
