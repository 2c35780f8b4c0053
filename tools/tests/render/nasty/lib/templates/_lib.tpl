{{- define "lib.labels" -}}
lib: {{ .Values.lib.libdefault | quote }}
{{- end }}
