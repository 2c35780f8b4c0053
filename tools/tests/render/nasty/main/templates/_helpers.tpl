{{- define "main.labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name | quote }}
{{ include "lib.labels" . }}
{{- end }}
{{- define "main.dict" -}}
{"a": {{ .Values.big }}, "b": [true, null]}
{{- end }}
