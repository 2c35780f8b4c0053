{{/*
Annotation lines which change when what the named templates hold changes, so that the pods that mount it are replaced.
Only data is hashed: a new chart version alone, which stands in the labels, restarts nothing.
    include "common.checksum" (dict "root" . "templates" (list "configmap.yaml"))
gives `checksum/configmap: <sha256>`; `server/config.yaml` gives `checksum/server-config`.
*/}}
{{- define "common.checksum" -}}
{{- $root := .root -}}
{{- range $index, $template := .templates -}}
{{- $text := include (printf "%s/%s" $root.Template.BasePath $template) $root -}}
{{- $data := list -}}
{{- range $document := regexSplit "(?m)^---.*$" $text -1 -}}
{{- $object := fromYaml $document -}}
{{- if hasKey $object "Error" -}}
{{- fail (printf "%s: not YAML: %s" $template $object.Error) -}}
{{- end -}}
{{- range $key := list "data" "binaryData" "stringData" -}}
{{- if hasKey $object $key -}}
{{- $data = append $data (list (dig "metadata" "name" "" $object) $key (get $object $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $index }}
{{ end -}}
checksum/{{ $template | trimSuffix ".yaml" | replace "/" "-" }}: {{ $data | empty | ternary $text (toJson $data) | sha256sum }}
{{- end -}}
{{- end -}}
