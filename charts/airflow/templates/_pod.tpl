{{/*
Annotations of a pod: what it mounts, so that a change replaces it, and the contract where it reads one.
    include "airflow.podAnnotations" (dict "root" . "component" "scheduler")
*/}}
{{- define "airflow.podAnnotations" -}}
{{- $root := .root -}}
{{- $facts := include "airflow.component" .component | fromYaml -}}
{{- $values := get $root.Values $facts.values -}}
{{- $annotations := dict "checksum/config" (include "airflow.configData" $root | sha256sum) -}}
{{- if eq .component "scheduler" -}}
{{- $_ := set $annotations "checksum/pod-template" (include "airflow.podTemplate" $root | sha256sum) -}}
{{- end -}}
{{- if and $facts.contract $root.Values.contract.hash -}}
{{- $_ := set $annotations "features.example.com/contract-hash" $root.Values.contract.hash -}}
{{- end -}}
{{- if eq .component "worker" -}}
{{- $_ := set $annotations "cluster-autoscaler.kubernetes.io/safe-to-evict" ($values.safeToEvict | toString) -}}
{{- end -}}
{{- toYaml (mergeOverwrite $annotations (deepCopy $root.Values.airflowPodAnnotations) (deepCopy ($values.podAnnotations | default dict))) -}}
{{- end -}}

{{- define "airflow.ownVolumeMounts" -}}
- name: config
  mountPath: /opt/airflow/airflow.cfg
  subPath: airflow.cfg
  readOnly: true
- name: tmp
  mountPath: /tmp
- name: logs
  mountPath: /opt/airflow/logs
  {{- if and .root.Values.logs.persistence.enabled .root.Values.logs.persistence.subPath }}
  subPath: {{ .root.Values.logs.persistence.subPath }}
  {{- end }}
{{- if eq .component "scheduler" }}
- name: pod-template
  mountPath: /opt/airflow/pod_templates
  readOnly: true
{{- end }}
{{- if eq .component "create-user" }}
- name: admin
  mountPath: /run/airflow-admin
  readOnly: true
{{- end }}
{{- if and .facts.dags .root.Values.dags.gitSync.enabled }}
- name: dags
  mountPath: {{ .root.Values.dags.mountPath }}
  readOnly: true
{{- end }}
{{- if .facts.contract }}
- name: contract
  mountPath: /opt/airflow/feature-store
  readOnly: true
{{- if .root.Values.pipeline.slack.existingSecret }}
- name: slack
  mountPath: /opt/airflow/secrets/slack
  readOnly: true
{{- end }}
{{- end }}
{{- if and (include "airflow.usesAws" .) (eq .root.Values.aws.credentials "secret") }}
- name: aws
  mountPath: /opt/airflow/.aws
  readOnly: true
{{- end }}
{{- end -}}

{{/*
The mounts of a container of Airflow. A mount of one's own at a path of the chart's takes that place: who had credentials
as extraVolumeMounts keeps them.
*/}}
{{- define "airflow.volumeMounts" -}}
{{- $facts := include "airflow.component" .component | fromYaml -}}
{{- $values := get .root.Values $facts.values -}}
{{- $own := include "airflow.ownVolumeMounts" (dict "root" .root "component" .component "facts" $facts) | fromYamlArray -}}
{{- include "airflow.overlay" (dict "key" "mountPath" "lists" (list $own .root.Values.volumeMounts ($values.extraVolumeMounts | default list))) -}}
{{- end -}}

{{- define "airflow.ownVolumes" -}}
- name: config
  configMap:
    name: {{ include "common.componentName" (dict "root" .root "component" "config") }}
- name: tmp
  emptyDir:
    sizeLimit: {{ eq .component "worker" | ternary .root.Values.workers.scratchSize "1Gi" }}
- name: logs
  {{- if and .root.Values.logs.persistence.enabled (not (has .component (list "migrate" "create-user"))) }}
  persistentVolumeClaim:
    claimName: {{ .root.Values.logs.persistence.existingClaim }}
  {{- else }}
  emptyDir:
    sizeLimit: {{ .root.Values.logs.emptyDirSize }}
  {{- end }}
{{- if eq .component "scheduler" }}
- name: pod-template
  configMap:
    name: {{ include "common.componentName" (dict "root" .root "component" "pod-template") }}
{{- end }}
{{- if eq .component "create-user" }}
- name: admin
  secret:
    secretName: {{ .root.Values.createUserJob.existingSecret }}
    defaultMode: 288  # 0440
{{- end }}
{{- if and .facts.dags .root.Values.dags.gitSync.enabled }}
{{ include "airflow.gitSyncVolumes" .root }}
{{- end }}
{{- if .facts.contract }}
- name: contract
  configMap:
    name: {{ .root.Values.contract.configMap }}
{{- with .root.Values.pipeline.slack.existingSecret }}
- name: slack
  secret:
    secretName: {{ . }}
    defaultMode: 288  # 0440
    items:
      - key: {{ $.root.Values.pipeline.slack.existingSecretKey }}
        path: {{ $.root.Values.pipeline.slack.existingSecretKey }}
{{- end }}
{{- end }}
{{- if and (include "airflow.usesAws" .) (eq .root.Values.aws.credentials "secret") }}
- name: aws
  secret:
    secretName: {{ .root.Values.aws.existingSecret }}
    defaultMode: 288  # 0440
    items:
      - key: {{ .root.Values.aws.existingSecretKey }}
        path: {{ .root.Values.aws.existingSecretKey }}
{{- end }}
{{- end -}}

{{/*
The volumes of a pod. A volume of the chart's that nothing mounts any more, because a mount of one's own took its place,
is left out: its Secret need not exist then.
*/}}
{{- define "airflow.volumes" -}}
{{- $facts := include "airflow.component" .component | fromYaml -}}
{{- $values := get .root.Values $facts.values -}}
{{- $mounted := dict "git-tmp" true "git-ssh" true "dags" true -}}
{{- range include "airflow.volumeMounts" . | fromYamlArray -}}{{- $_ := set $mounted .name true -}}{{- end -}}
{{- $kept := list -}}
{{- range include "airflow.ownVolumes" (dict "root" .root "component" .component "facts" $facts) | fromYamlArray -}}
{{- if hasKey $mounted .name -}}{{- $kept = append $kept . -}}{{- end -}}
{{- end -}}
{{- include "airflow.overlay" (dict "key" "name" "lists" (list $kept .root.Values.volumes ($values.extraVolumes | default list))) -}}
{{- end -}}

{{/*
A container of Airflow; the caller adds args, ports and probes.
    include "airflow.container" (dict "root" . "component" "scheduler" "name" "scheduler" "resources" $resources)
*/}}
{{- define "airflow.container" -}}
{{- $root := .root -}}
name: {{ .name }}
image: {{ include "airflow.image" $root }}
imagePullPolicy: {{ $root.Values.images.airflow.pullPolicy }}
env:
  {{- include "airflow.environment" . | nindent 2 }}
{{- with include "airflow.list" (dict "root" $root "value" $root.Values.extraEnvFrom) | fromYamlArray }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- include "common.containerSecurityContext" (dict "root" $root "context" $root.Values.securityContexts.containers) | nindent 2 }}
volumeMounts:
  {{- include "airflow.volumeMounts" . | nindent 2 }}
{{- end -}}

{{/*
What the pod specs have in common.
    include "airflow.podSpec" (dict "root" . "component" "scheduler" "token" true)
*/}}
{{- define "airflow.podSpec" -}}
{{- $root := .root -}}
{{- $facts := include "airflow.component" .component | fromYaml -}}
{{- $values := get $root.Values $facts.values -}}
serviceAccountName: {{ include "airflow.serviceAccountName" . }}
automountServiceAccountToken: {{ .token | default false }}
enableServiceLinks: false
{{- with include "common.imagePullSecrets" $root }}
{{ . }}
{{- end }}
securityContext:
  {{- $ids := dict "runAsUser" $root.Values.uid "runAsGroup" $root.Values.gid "fsGroup" $root.Values.gid "fsGroupChangePolicy" "OnRootMismatch" }}
  {{- include "common.podSecurityContext" (dict "root" $root "context" (mergeOverwrite $ids (deepCopy $root.Values.securityContexts.pod))) | nindent 2 }}
{{- range $key := list "priorityClassName" "nodeSelector" "tolerations" "affinity" }}
{{- with get $values $key | default (get $root.Values $key) }}
{{ $key }}:{{ kindIs "string" . | ternary (printf " %s" .) (toYaml . | nindent 2) }}
{{- end }}
{{- end }}
volumes:
  {{- include "airflow.volumes" . | nindent 2 }}
{{- end -}}

{{/* Waits until the database has the schema of this version. `migrate` sees to that; this covers what runs beside it. */}}
{{- define "airflow.waitForMigrations" -}}
- {{ include "airflow.container" (dict "root" .root "component" .component "name" "wait-for-migrations" "resources" .root.Values.migrateDatabaseJob.resources) | nindent 2 | trim }}
  args:
    - airflow
    - db
    - check-migrations
    - --migration-wait-timeout=300
{{- end -}}

{{/*
A Deployment of one component. `args`, `ports`, `probes` (YAML texts), `token`.
*/}}
{{- define "airflow.deployment" -}}
{{- $root := .root -}}
{{- /* Everywhere, because Helm chooses which template comes first, and whose error is shown. */ -}}
{{- include "airflow.check" $root -}}
{{- $component := .component -}}
{{- $facts := include "airflow.component" $component | fromYaml -}}
{{- $values := get $root.Values $facts.values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "common.componentName" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "common.componentLabels" . | nindent 4 }}
spec:
  {{- if not (dig "hpa" "enabled" false $values) }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: {{ $root.Values.revisionHistoryLimit }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "common.componentSelectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.podLabels" (dict "root" $root "component" $component "extra" $values.labels) | nindent 8 }}
      annotations:
        {{- include "airflow.podAnnotations" . | nindent 8 }}
    spec:
      {{- include "airflow.podSpec" . | nindent 6 }}
      topologySpreadConstraints:
        {{- include "common.topologySpread" (dict "root" $root "component" $component "constraints" $values.topologySpreadConstraints "matchLabelKeys" (list "pod-template-hash")) | nindent 8 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      initContainers:
        {{- include "airflow.waitForMigrations" . | nindent 8 }}
        {{- if and $facts.dags $root.Values.dags.gitSync.enabled }}
        {{- include "airflow.gitSync" (dict "root" $root) | nindent 8 }}
        {{- end }}
      containers:
        - {{ include "airflow.container" (dict "root" $root "component" $component "name" $component "resources" $values.resources) | nindent 10 | trim }}
          args:
            {{- toYaml .args | nindent 12 }}
          {{- with .ports }}
          ports:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- range $probe, $action := .probes }}
          {{ $probe }}:
            {{- toYaml (mergeOverwrite (deepCopy $action) (get $values $probe)) | nindent 12 }}
          {{- end }}
{{- end -}}

{{/* The Pod that KubernetesExecutor starts from. It adds name, labels, and the arguments of the container `base`. */}}
{{- define "airflow.podTemplate" -}}
{{- include "airflow.check" . -}}
{{- $component := dict "root" . "component" "worker" "token" .Values.workers.launchPods -}}
apiVersion: v1
kind: Pod
metadata:
  # Airflow gives every task pod a name of its own.
  name: {{ include "common.componentName" $component }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "common.podLabels" (dict "root" . "component" "worker" "extra" .Values.workers.labels) | nindent 4 }}
  annotations:
    {{- include "airflow.podAnnotations" $component | nindent 4 }}
spec:
  {{- include "airflow.podSpec" $component | nindent 2 }}
  restartPolicy: Never
  terminationGracePeriodSeconds: {{ .Values.workers.terminationGracePeriodSeconds }}
  {{- with .Values.workers.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.dags.gitSync.enabled }}
  initContainers:
    {{- include "airflow.gitSync" (dict "root" . "once" true) | nindent 4 }}
  {{- end }}
  containers:
    - {{ include "airflow.container" (dict "root" . "component" "worker" "name" "base" "resources" .Values.workers.resources) | nindent 6 | trim }}
{{- end -}}
