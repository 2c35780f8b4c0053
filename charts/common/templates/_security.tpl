{{/*
The restricted Pod Security level, as the defaults under whatever the caller gives. Keys of `context` win.
    include "common.podSecurityContext" (dict "root" . "context" .Values.podSecurityContext)
*/}}
{{- define "common.podSecurityContext" -}}
{{- $defaults := dict "runAsNonRoot" true "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (mergeOverwrite $defaults (deepCopy (.context | default dict))) -}}
{{- end -}}

{{- define "common.containerSecurityContext" -}}
{{- $defaults := dict
      "allowPrivilegeEscalation" false
      "readOnlyRootFilesystem" true
      "runAsNonRoot" true
      "capabilities" (dict "drop" (list "ALL"))
      "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (mergeOverwrite $defaults (deepCopy (.context | default dict))) -}}
{{- end -}}
