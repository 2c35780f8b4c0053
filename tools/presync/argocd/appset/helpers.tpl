{{- /* Templates that stand for functions of Argo CD which Helm does not have, or has otherwise. Each gets its argument as the
       dot and prints text; U+0001 and U+0002 begin a message that is put into the words of Argo CD. */ -}}

{{- define "presync.normalize" -}}
{{- regexReplaceAll "[^-a-z0-9.]" (lower .) "-" | trunc 253 | trimAll "-." -}}
{{- end -}}

{{- define "presync.slugify" -}}
{{- $n := len . -}}{{- $max := 50 -}}{{- $smart := true -}}{{- $name := "" -}}
{{- if $n }}{{ $name = last . }}{{ end -}}
{{- if gt $n 1 }}{{ $max = first . }}{{ end -}}
{{- if gt $n 2 }}{{ $smart = index . 1 }}{{ end -}}
{{- if not (kindIs "string" $name) }}{{ fail (printf "\u0001interface {} is %T, not string" $name) }}{{ end -}}
{{- if not (typeIs "int" $max) }}{{ fail (printf "\u0001interface {} is %T, not int" $max) }}{{ end -}}
{{- if not (kindIs "bool" $smart) }}{{ fail (printf "\u0001interface {} is %T, not bool" $smart) }}{{ end -}}
{{- $slug := include "presync.normalize" $name -}}
{{- if and (not $smart) (ge (len $slug) $max) }}{{ $slug = substr 0 $max $slug }}{{ end -}}
{{- $slug = regexReplaceAll "-+" (regexReplaceAll "[^a-zA-Z0-9-_]" $slug "-") "-" | trimAll "-_" -}}
{{- if and $smart (gt $max 0) (gt (len $slug) $max) -}}
{{- $head := substr 0 (int (add $max 1)) $slug -}}
{{- if contains "-" $head }}{{ $slug = regexReplaceAll "-[^-]*$" $head "" }}{{ else }}{{ $slug = substr 0 $max $slug }}
{{- end -}}
{{- end -}}
{{- $slug -}}
{{- end -}}

{{- define "presync.yaml" -}}
{{- $read := fromYaml . -}}
{{- $failed := "^(error converting YAML to JSON|error unmarshaling JSON)" -}}
{{- if and (hasKey $read "Error") (regexMatch $failed (toString $read.Error)) -}}
{{- fail (printf "\u0002fromYaml: %s" $read.Error) -}}
{{- end -}}
{{- . -}}
{{- end -}}

{{- define "presync.yamlArray" -}}
{{- $read := fromYamlArray . -}}
{{- $failed := "^(error converting YAML to JSON|error unmarshaling JSON)" -}}
{{- if and (eq (len $read) 1) (regexMatch $failed (toString (first $read))) -}}
{{- fail (printf "\u0002fromYamlArray: %s" (first $read)) -}}
{{- end -}}
{{- . -}}
{{- end -}}

{{- define "presync.json" -}}
{{- $read := fromJson . -}}
{{- if and (hasKey $read "Error") (regexMatch "^(invalid character|unexpected end of JSON)" (toString $read.Error)) -}}
null
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}
