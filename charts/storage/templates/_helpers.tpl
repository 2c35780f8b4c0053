{{/*
The name of a PersistentVolume. It has no namespace, so its name carries that of its claim and ends with the environment,
by which the AppProjects tell the volumes of dev and prod apart.
    include "storage.volumeName" (dict "root" . "volume" $volume)
*/}}
{{- define "storage.volumeName" -}}
{{- $name := printf "%s-%s" .volume.name .volume.namespace -}}
{{- with dig "environment" "" (.root.Values.global | default dict) -}}
{{- if not (hasSuffix (printf "-%s" .) $name) -}}
{{- $name = printf "%s-%s" $name . -}}
{{- end -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/*
The StorageClass of a volume. With a source it may be empty, and is then written as "": no class may provision for it.
*/}}
{{- define "storage.className" -}}
{{- $at := printf "volumes %s/%s" .volume.namespace .volume.name -}}
{{- if and .volume.storageClass .volume.storageClassName -}}
{{- fail (printf "%s: storageClass and storageClassName are both written: keep one" $at) -}}
{{- end -}}
{{- with .volume.storageClass -}}
{{- $classes := dig "storageClasses" dict ($.root.Values.global | default dict) -}}
{{- if not (get $classes .) -}}
{{- fail (printf "%s: storageClass: %s is no key of global.storageClasses (%s): write one of these, or storageClassName" $at . (keys $classes | sortAlpha | join ", ")) -}}
{{- end -}}
{{- get $classes . -}}
{{- else -}}
{{- .volume.storageClassName | default "" -}}
{{- end -}}
{{- end -}}

{{/*
Access modes as a JSON list.
*/}}
{{- define "storage.accessModes" -}}
{{- $source := .source | default dict -}}
{{- .accessModes | default (list (hasKey $source "nfs" | ternary "ReadWriteMany" "ReadWriteOnce")) | toJson -}}
{{- end -}}

{{/*
What a schema cannot say; every message ends with what to write.
*/}}
{{- define "storage.validate" -}}
{{- $root := . -}}
{{- $seen := dict -}}
{{- range $volume := .Values.volumes -}}
{{- $key := printf "%s/%s" $volume.namespace $volume.name -}}
{{- $at := printf "volumes %s" $key -}}
{{- if hasKey $seen $key -}}
{{- fail (printf "%s is there twice: remove one, or give it another name" $at) -}}
{{- end -}}
{{- $_ := set $seen $key true -}}

{{- $source := $volume.source | default dict -}}
{{- if hasKey $volume "source" -}}
{{- if ne (len (keys $source)) 1 -}}
{{- fail (printf "%s: source holds %d kinds: write exactly one of source.nfs and source.local, or no source and a storageClass" $at (len (keys $source))) -}}
{{- end -}}
{{- else if not (include "storage.className" (dict "root" $root "volume" $volume)) -}}
{{- fail (printf "%s: neither source nor storageClass: write source.nfs or source.local, or storageClass: local for one that a provisioner makes" $at) -}}
{{- end -}}

{{- range $kind, $where := $source -}}
{{- $place := printf "%s %s:%s" $kind (eq $kind "nfs" | ternary $where.server $where.node) $where.path -}}
{{- with get $seen $place -}}
{{- fail (printf "%s: %s is the directory of %s already; two volumes would write over each other: write another path, or let both workloads use one claim" $at $place .) -}}
{{- end -}}
{{- $_ := set $seen $place $key -}}
{{- end -}}

{{- $modes := include "storage.accessModes" $volume | fromJsonArray -}}
{{- if and (hasKey $source "local") (or (has "ReadWriteMany" $modes) (has "ReadOnlyMany" $modes)) -}}
{{- fail (printf "%s: accessModes %s on a disk of one node: write ReadWriteOnce, or source.nfs" $at (join ", " $modes)) -}}
{{- end -}}
{{- if and (has "ReadWriteOncePod" $modes) (gt (len $modes) 1) -}}
{{- fail (printf "%s: ReadWriteOncePod stands alone or not at all: write accessModes: [ReadWriteOncePod]" $at) -}}
{{- end -}}
{{- if and $volume.mountOptions (hasKey $source "local") -}}
{{- fail (printf "%s: mountOptions mean nothing for a local directory: remove them" $at) -}}
{{- end -}}
{{- if and $volume.mountOptions (not $source) -}}
{{- fail (printf "%s: mountOptions belong to the volume, which a provisioner makes here: remove them and set them in the StorageClass" $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The metadata both objects share: nothing in Argo CD may prune or delete them.
    include "storage.metadata" (dict "root" . "volume" $volume)
*/}}
{{- define "storage.metadata" -}}
labels:
  {{- include "common.labels" .root | nindent 2 }}
  {{- $own := include "common.labels" .root | fromYaml }}
  {{- range $key, $value := .volume.labels }}
  {{- if hasKey $own $key }}
  {{- fail (printf "volumes %s/%s: labels: %s is the chart's own label: choose another key" $.volume.namespace $.volume.name $key) }}
  {{- end }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
annotations:
  argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- end -}}
