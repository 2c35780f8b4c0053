{{/* What cannot be said in values.schema.json. */}}
{{- define "feast.check" -}}
{{- $role := get (.Values.serviceAccount.annotations | default dict) "eks.amazonaws.com/role-arn" -}}
{{- if and (eq .Values.aws.credentials "secret") $role -}}
{{- fail "aws.credentials is \"secret\" and serviceAccount.annotations names a role: with both, the role is used and the Secret is not. Write aws.credentials: serviceAccount, or remove the annotation" -}}
{{- end -}}
{{- if and (eq .Values.aws.credentials "secret") (not .Values.aws.existingSecret) -}}
{{- fail "aws.existingSecret is empty: name the Secret with the shared credentials file, or write aws.credentials: serviceAccount" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail (printf "autoscaling.minReplicas (%d) is greater than autoscaling.maxReplicas (%d)" (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- if le (int .Values.server.terminationGracePeriodSeconds) (int .Values.server.preStopDelaySeconds) -}}
{{- fail (printf "server.terminationGracePeriodSeconds (%d) leaves no time after server.preStopDelaySeconds (%d): write at least %d" (int .Values.server.terminationGracePeriodSeconds) (int .Values.server.preStopDelaySeconds) (add 30 (int .Values.server.preStopDelaySeconds))) -}}
{{- end -}}
{{- if and .Values.server.resources (not (dig "requests" "cpu" "" .Values.server.resources)) .Values.autoscaling.enabled -}}
{{- fail "server.resources.requests.cpu is empty: the autoscaler measures in percent of it" -}}
{{- end -}}
{{- end -}}

{{/* The smallest number of replicas there can be. */}}
{{- define "feast.minReplicas" -}}
{{- .Values.autoscaling.enabled | ternary .Values.autoscaling.minReplicas .Values.server.replicaCount | int -}}
{{- end -}}

{{/*
Annotations of every pod. The files are mounted by subPath and never change in a running pod; these do the rolling: the
hashes of the contract and of its configuration, and the facts of the environment, which pods get as variables too.
*/}}
{{- define "feast.podAnnotations" -}}
{{- with .root.Values.contract.hash -}}
features.example.com/contract-hash: {{ . }}
{{ end -}}
{{- with .root.Values.contract.configHash -}}
features.example.com/config-hash: {{ . }}
{{ end -}}
checksum/environment: {{ pick (.root.Values.global | default dict) "redis" "s3" | toJson | sha256sum }}
{{- with .extra }}
{{ toYaml . }}
{{- end -}}
{{- end -}}

{{- define "feast.environment" -}}
{{- $s3 := dig "s3" dict (.Values.global | default dict) | default dict -}}
# The root file system is read-only; /tmp is a volume.
- name: HOME
  value: /tmp
- name: TMPDIR
  value: /tmp
- name: PYTHONDONTWRITEBYTECODE
  value: "1"
- name: PYTHONUNBUFFERED
  value: "1"
- name: FEAST_USAGE
  value: "False"
# Feast puts it into the connection string of feature_store.yaml.
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .Values.redis.existingSecret }}
      key: {{ .Values.redis.existingSecretPasswordKey }}
{{- with $s3.region }}
- name: AWS_REGION
  value: {{ . }}
- name: AWS_DEFAULT_REGION
  value: {{ . }}
{{- end }}
{{- with $s3.endpoint }}
- name: AWS_ENDPOINT_URL_S3
  value: {{ . }}
# The registry asks for this one only.
- name: FEAST_S3_ENDPOINT_URL
  value: {{ . }}
{{- end }}
{{- if eq .Values.aws.credentials "secret" }}
- name: AWS_SHARED_CREDENTIALS_FILE
  value: /etc/feast/aws/{{ .Values.aws.existingSecretKey }}
# Never the credentials of the node.
- name: AWS_EC2_METADATA_DISABLED
  value: "true"
{{- end }}
{{- end -}}

{{- define "feast.volumeMounts" -}}
{{- range list "feature_store.yaml" "repo.py" "featuresets.json" "environment.json" -}}
- name: repo
  mountPath: /feast-repo/{{ . }}
  subPath: {{ . }}
  readOnly: true
{{ end -}}
- name: scratch
  mountPath: /tmp
{{- if eq .Values.aws.credentials "secret" }}
- name: aws
  mountPath: /etc/feast/aws
  readOnly: true
{{- end }}
{{- end -}}

{{/* include "feast.volumes" (dict "root" . "scratch" (dict "sizeLimit" "64Mi")) */}}
{{- define "feast.volumes" -}}
- name: repo
  configMap:
    name: {{ .root.Values.contract.configMap }}
- name: scratch
  emptyDir:
    {{- toYaml .scratch | nindent 4 }}
{{- if eq .root.Values.aws.credentials "secret" }}
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
A container that runs Feast in /feast-repo; the caller adds command, resources and the rest.
    include "feast.container" (dict "root" . "name" "apply")
*/}}
{{- define "feast.container" -}}
name: {{ .name }}
image: {{ include "common.image" (dict "root" .root "image" .root.Values.image) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
workingDir: /feast-repo
env:
  {{- include "feast.environment" .root | nindent 2 }}
  {{- with .extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
securityContext:
  {{- include "common.containerSecurityContext" (dict "root" .root "context" .root.Values.containerSecurityContext) | nindent 2 }}
volumeMounts:
  {{- include "feast.volumeMounts" .root | nindent 2 }}
{{- end -}}

{{/* The container that runs `feast apply`, in the hook and in front of every materialization. */}}
{{- define "feast.applyContainer" -}}
{{ include "feast.container" (dict "root" . "name" "apply") }}
command:
  - feast
args:
  - apply
  - --no-progress
resources:
  {{- toYaml .Values.apply.resources | nindent 2 }}
{{- end -}}

{{/* What the pod specs of server and Jobs have in common. */}}
{{- define "feast.podSpec" -}}
serviceAccountName: {{ include "common.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "common.imagePullSecrets" . }}
{{ . }}
{{- end }}
securityContext:
  {{- include "common.podSecurityContext" (dict "root" . "context" .Values.podSecurityContext) | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
