{{/*
The name of the ServiceAccount of a component. Takes the root context (serviceAccount and no component), or the
arguments of common.serviceAccount.
*/}}
{{- define "common.serviceAccountName" -}}
{{- $args := . -}}
{{- if not (hasKey . "root") -}}
{{- $args = dict "root" . "serviceAccount" .Values.serviceAccount "component" "" -}}
{{- end -}}
{{- $account := $args.serviceAccount | default dict -}}
{{- if $account.name -}}
{{- $account.name -}}
{{- else if eq (toString (dig "create" true $account)) "false" -}}
{{- fail "serviceAccount.create is false and serviceAccount.name is empty: write the name of the ServiceAccount that exists" -}}
{{- else -}}
{{- include "common.componentName" (dict "root" $args.root "component" $args.component) -}}
{{- end -}}
{{- end -}}

{{/*
A ServiceAccount whose token is mounted nowhere unless `serviceAccount.automountServiceAccountToken` is true.
    include "common.serviceAccount" (dict "root" . "serviceAccount" .Values.serviceAccount "component" "")
*/}}
{{- define "common.serviceAccount" -}}
{{- $account := .serviceAccount | default dict -}}
{{- if ne (toString (dig "create" true $account)) "false" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "common.serviceAccountName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.componentLabels" (dict "root" .root "component" .component) | nindent 4 }}
  {{- with $account.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ dig "automountServiceAccountToken" false $account }}
{{- end -}}
{{- end -}}
