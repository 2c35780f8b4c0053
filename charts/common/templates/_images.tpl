{{/*
[global.imageRegistry/]repository[:tag][@digest]. A tag or a digest must be given, and the tag may not move: what runs
is what git says. `path` names the values key in the messages (default: image).
    include "common.image" (dict "root" . "image" .Values.metrics.image "path" "metrics.image")
*/}}
{{- define "common.image" -}}
{{- $path := .path | default "image" -}}
{{- $image := .image | default dict -}}
{{- $repository := $image.repository | default "" -}}
{{- $tag := $image.tag | default "" | toString -}}
{{- $digest := $image.digest | default "" -}}
{{- if not $repository -}}
{{- fail (printf "%s.repository is empty: write the image's repository, for example redis" $path) -}}
{{- end -}}
{{- if eq $tag "latest" -}}
{{- fail (printf "%s.tag is \"latest\", which names another image every day: write a version, for example %s.tag: \"1.2.3\", or a digest" $path $path) -}}
{{- end -}}
{{- if not (or $tag $digest) -}}
{{- fail (printf "%s has neither tag nor digest: write %s.tag: \"1.2.3\" or %s.digest: sha256:<64 hex digits>" $path $path $path) -}}
{{- end -}}
{{- with dig "imageRegistry" "" (.root.Values.global | default dict) -}}
{{- . | trimSuffix "/" }}/
{{- end -}}
{{- $repository -}}
{{- with $tag }}:{{ . }}{{ end -}}
{{- with $digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/*
The imagePullSecrets of a pod spec, or nothing: global.imagePullSecrets as names or as {name: …}.
*/}}
{{- define "common.imagePullSecrets" -}}
{{- with dig "imagePullSecrets" list (.Values.global | default dict) -}}
imagePullSecrets:
{{- range . }}
  - name: {{ kindIs "map" . | ternary (dig "name" "" (kindIs "map" . | ternary . dict)) . }}
{{- end }}
{{- end -}}
{{- end -}}
