{{/* What git-sync follows. */}}
{{- define "airflow.gitRef" -}}
{{- $git := .Values.dags.gitSync -}}
{{- $git.ref | default (eq ($git.rev | default "HEAD") "HEAD" | ternary $git.branch $git.rev) -}}
{{- end -}}

{{/* "true" for a repository that is reached over SSH. */}}
{{- define "airflow.gitOverSsh" -}}
{{- if and .Values.dags.gitSync.enabled (or (hasPrefix "ssh://" .Values.dags.gitSync.repo) (regexMatch "^[^/:]+@[^/:]+:" .Values.dags.gitSync.repo)) -}}true{{- end -}}
{{- end -}}

{{/* The port of the git server. */}}
{{- define "airflow.gitPort" -}}
{{- $repo := .Values.dags.gitSync.repo -}}
{{- $given := "" -}}
{{- if contains "://" $repo -}}
{{- $given = regexFind ":[0-9]+$" (urlParse $repo).host | trimPrefix ":" -}}
{{- end -}}
{{- if $given -}}
{{- $given -}}
{{- else if include "airflow.gitOverSsh" . -}}
22
{{- else -}}
{{- hasPrefix "http://" $repo | ternary "80" "443" -}}
{{- end -}}
{{- end -}}

{{- define "airflow.gitPeriod" -}}
{{- $git := .Values.dags.gitSync -}}
{{- gt (int $git.wait) 0 | ternary (printf "%ds" (int $git.wait)) $git.period -}}
{{- end -}}

{{/*
The container of git-sync, for initContainers. As a sidecar it starts before Airflow, holds it back until the DAGs are
there, and goes on; a task pod fetches them once.
    include "airflow.gitSync" (dict "root" . "once" true)
*/}}
{{- define "airflow.gitSync" -}}
{{- $root := .root -}}
{{- $git := $root.Values.dags.gitSync -}}
- name: git-sync
  image: {{ include "common.image" (dict "root" $root "image" $root.Values.images.gitSync "path" "images.gitSync") }}
  imagePullPolicy: {{ $root.Values.images.gitSync.pullPolicy }}
  {{- if not .once }}
  restartPolicy: Always
  {{- end }}
  env:
    {{- include "airflow.overlay" (dict "key" "name" "lists" (list (include "airflow.gitSyncEnvironment" . | fromYamlArray) $git.env)) | nindent 4 }}
  {{- if not .once }}
  ports:
    - name: git-sync
      containerPort: 2020
  # 200 from the first complete checkout on.
  startupProbe:
    httpGet:
      path: /
      port: git-sync
    periodSeconds: 2
    timeoutSeconds: 2
    failureThreshold: 150
  {{- end }}
  resources:
    {{- toYaml $git.resources | nindent 4 }}
  securityContext:
    {{- include "common.containerSecurityContext" (dict "root" $root "context" (dict "runAsUser" $git.uid)) | nindent 4 }}
  volumeMounts:
    - name: dags
      mountPath: /git
    - name: git-tmp
      mountPath: /tmp
    {{- if include "airflow.gitOverSsh" $root }}
    - name: git-ssh
      mountPath: /etc/git-secret
      readOnly: true
    {{- end }}
{{- end -}}

{{- define "airflow.gitSyncEnvironment" -}}
{{- $git := .root.Values.dags.gitSync -}}
- name: HOME
  value: /tmp
- name: GITSYNC_REPO
  value: {{ $git.repo }}
- name: GITSYNC_REF
  value: {{ include "airflow.gitRef" .root | quote }}
- name: GITSYNC_DEPTH
  value: {{ $git.depth | quote }}
- name: GITSYNC_ROOT
  value: /git
- name: GITSYNC_LINK
  value: repo
- name: GITSYNC_MAX_FAILURES
  value: {{ $git.maxFailures | quote }}
{{- if .once }}
- name: GITSYNC_ONE_TIME
  value: "true"
{{- else }}
- name: GITSYNC_PERIOD
  value: {{ include "airflow.gitPeriod" .root }}
- name: GITSYNC_HTTP_BIND
  value: :2020
# Whoever is reading the old checkout may finish.
- name: GITSYNC_STALE_WORKTREE_TIMEOUT
  value: 10m
{{- end }}
{{- if include "airflow.gitOverSsh" .root }}
- name: GITSYNC_SSH_KEY_FILE
  value: /etc/git-secret/ssh
- name: GITSYNC_SSH_KNOWN_HOSTS
  value: "true"
- name: GITSYNC_SSH_KNOWN_HOSTS_FILE
  value: /etc/git-secret/known_hosts
{{- end }}
{{- with $git.credentialsSecret }}
{{- range list "GITSYNC_USERNAME" "GITSYNC_PASSWORD" }}
{{ include "airflow.secretKeyRef" (dict "name" . "secret" $git.credentialsSecret "key" .) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The volumes of git-sync. Key and host keys lie in one folder, wherever they come from. */}}
{{- define "airflow.gitSyncVolumes" -}}
{{- $git := .Values.dags.gitSync -}}
- name: dags
  emptyDir:
    sizeLimit: 1Gi
- name: git-tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if include "airflow.gitOverSsh" . }}
- name: git-ssh
  projected:
    defaultMode: 288  # 0440; ssh asks less of a key that belongs to somebody else
    sources:
      - secret:
          name: {{ $git.sshKeySecret }}
          items:
            - key: gitSshKey
              path: ssh
            {{- if not $git.knownHosts }}
            - key: {{ $git.knownHostsKey }}
              path: known_hosts
            {{- end }}
      {{- if $git.knownHosts }}
      - configMap:
          name: {{ include "common.componentName" (dict "root" . "component" "config") }}
          items:
            - key: known_hosts
              path: known_hosts
      {{- end }}
{{- end }}
{{- end -}}
