{{/*
A Kubernetes quantity of memory or storage in bytes, as digits.
    include "redis.bytes" (dict "value" "1Gi" "path" "master.resources.limits.memory")
*/}}
{{- define "redis.bytes" -}}
{{- if kindIs "string" .value -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" .value -}}
{{- $unit := trimPrefix $number .value -}}
{{- $factors := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- if or (not $number) (not (hasKey $factors $unit)) -}}
{{- fail (printf "%s: %q is not a quantity: write for example 2Gi or 512Mi" .path .value) -}}
{{- end -}}
{{- mulf (float64 $number) (get $factors $unit) | floor | int64 -}}
{{- else -}}
{{- int64 .value -}}
{{- end -}}
{{- end -}}

{{/* Bytes as a quantity a person would write: whole Mi, rounded down. */}}
{{- define "redis.mebibytes" -}}
{{- printf "%dMi" (div (int64 .) 1048576) -}}
{{- end -}}

{{/*
The memory limit of a role in bytes; without one maxmemory means nothing.
    include "redis.memoryLimit" (dict "root" . "role" "master")
*/}}
{{- define "redis.memoryLimit" -}}
{{- $limit := dig "resources" "limits" "memory" "" (get .root.Values .role) -}}
{{- if not $limit -}}
{{- fail (printf "%s.resources.limits.memory is empty, and maxmemory is measured by it: write for example %s.resources.limits.memory: 1Gi" .role .role) -}}
{{- end -}}
{{- include "redis.bytes" (dict "value" $limit "path" (printf "%s.resources.limits.memory" .role)) -}}
{{- end -}}

{{/* The roles that run: master, and replica in a replication. */}}
{{- define "redis.roles" -}}
{{- if eq .Values.architecture "replication" -}}master replica{{- else -}}master{{- end -}}
{{- end -}}

{{/*
maxmemory in bytes: as written, or the share of the smallest limit, in whole Mi.
*/}}
{{- define "redis.maxmemory" -}}
{{- $root := . -}}
{{- if .Values.maxmemory -}}
{{- include "redis.bytes" (dict "value" (.Values.maxmemory | replace "mb" "Mi" | replace "gb" "Gi") "path" "maxmemory") -}}
{{- else -}}
{{- $smallest := int64 0 -}}
{{- range splitList " " (include "redis.roles" .) -}}
{{- $limit := include "redis.memoryLimit" (dict "root" $root "role" .) | int64 -}}
{{- if or (eq $smallest (int64 0)) (lt $limit $smallest) -}}
{{- $smallest = $limit -}}
{{- end -}}
{{- end -}}
{{- mul (div (mul $smallest (int64 .Values.maxmemoryPercent)) 104857600) 1048576 -}}
{{- end -}}
{{- end -}}

{{/*
What a schema cannot say. Rendered first by the primary's StatefulSet; every message ends with what to write.
*/}}
{{- define "redis.validate" -}}
{{- $root := . -}}
{{- $values := .Values -}}
{{- $replication := eq $values.architecture "replication" -}}

{{- if $values.auth.enabled -}}
{{- if not $values.auth.existingSecret -}}
{{- fail "auth.enabled is true and auth.existingSecret is empty: write the name of the Secret that holds the password (auth.existingSecret: redis-auth), or auth.enabled: false" -}}
{{- end -}}
{{- if not $values.auth.existingSecretPasswordKey -}}
{{- fail (printf "auth.existingSecretPasswordKey is empty: write the key of the password in the Secret %s, for example redis-password" $values.auth.existingSecret) -}}
{{- end -}}
{{- if and $values.auth.acl.enabled (not (and $values.auth.acl.existingSecret $values.auth.acl.existingSecretKey $values.auth.acl.username)) -}}
{{- fail "auth.acl.enabled is true: write auth.acl.existingSecret, auth.acl.existingSecretKey and auth.acl.username" -}}
{{- end -}}
{{- else if $values.auth.acl.enabled -}}
{{- fail "auth.acl.enabled is true and auth.enabled is false: write auth.enabled: true" -}}
{{- end -}}

{{- /* A digest decides what runs. That of the default image under another tag would be a release nobody gets. */ -}}
{{- $tag := index .Chart.Annotations "feature-platform.example.com/image-tag" -}}
{{- $digest := index .Chart.Annotations "feature-platform.example.com/image-digest" -}}
{{- if and (eq $values.image.digest $digest) (ne $values.image.tag $tag) -}}
{{- fail (printf "image.tag is %q, but image.digest is that of %s and a digest decides: write the digest of your image, or image.digest: \"\""
      $values.image.tag $tag) -}}
{{- end -}}

{{- range $role := splitList " " (include "redis.roles" .) -}}
{{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" -}}
{{- if not (dig $probe "timeoutSeconds" 0 (get $values $role)) -}}
{{- fail (printf "%s.%s.timeoutSeconds is empty: write a number of seconds, for example 5; a probe cannot be switched off" $role $probe) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- if and $replication (lt (int $values.replica.replicaCount) 1) -}}
{{- fail "replica.replicaCount is 0: write at least 1, or architecture: standalone for no replicas" -}}
{{- end -}}
{{- if and $replication (not $values.master.persistence.enabled) -}}
{{- fail "master.persistence.enabled is false with architecture: replication: a primary that restarts empty makes its replicas empty: write master.persistence.enabled: true" -}}
{{- end -}}
{{- if and $replication $values.master.persistence.existingClaim -}}
{{- fail "master.persistence.existingClaim is for architecture: standalone only: write existingClaim: \"\" and let the StatefulSet make its claims" -}}
{{- end -}}
{{- if and $values.master.persistence.enabled (not $values.aof.enabled) (not $values.rdb.enabled) -}}
{{- fail "master.persistence.enabled is true and both aof.enabled and rdb.enabled are false, so nothing would be written to the volume: write aof.enabled: true" -}}
{{- end -}}

{{- if and $values.maxmemory (not (regexMatch "^[1-9][0-9]*(Mi|Gi|mb|gb)$" $values.maxmemory)) -}}
{{- fail (printf "maxmemory: %q: write a whole number with Mi or Gi, for example 512Mi or 2Gi" $values.maxmemory) -}}
{{- end -}}
{{- $maxmemory := include "redis.maxmemory" . | int64 -}}
{{- range $role := splitList " " (include "redis.roles" .) -}}
{{- $section := get $values $role -}}
{{- $limit := include "redis.memoryLimit" (dict "root" $root "role" $role) | int64 -}}
{{- if gt (mul $maxmemory 100) (mul $limit 80) -}}
{{- fail (printf "maxmemory: %s is %d %% of %s.resources.limits.memory (%v); at most 80 %% leaves room for the AOF rewrite, buffers and fragmentation: write maxmemory: %s or less, or a memory limit of %s or more"
      $values.maxmemory (div (mul $maxmemory 100) $limit) $role $section.resources.limits.memory
      (include "redis.mebibytes" (div (mul $limit 80) 100)) (include "redis.mebibytes" (add (div (mul $maxmemory 100) 80) 1048575))) -}}
{{- end -}}
{{- $persistence := $section.persistence -}}
{{- if and $persistence.enabled (not $persistence.existingClaim) -}}
{{- $size := include "redis.bytes" (dict "value" $persistence.size "path" (printf "%s.persistence.size" $role)) | int64 -}}
{{- if lt $size (mul $maxmemory 2) -}}
{{- fail (printf "%s.persistence.size: %v is less than twice maxmemory (%s); while the AOF is rewritten, old and new are on the volume: write size: %s or more"
      $role $persistence.size (include "redis.mebibytes" $maxmemory) (include "redis.mebibytes" (mul $maxmemory 2))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- range $path, $text := dict "commonConfiguration" $values.commonConfiguration "master.configuration" $values.master.configuration "replica.configuration" $values.replica.configuration -}}
{{- $found := regexFind "(?im)^[ \t]*(requirepass|masterauth|masteruser|user|aclfile|include|dir|port|bind|protected-mode|appendonly|appenddirname|appendfsync|save|maxmemory|maxmemory-policy|replicaof|slaveof|daemonize|loadmodule|rename-command)[ \t]" $text | trim | lower -}}
{{- if $found -}}
{{- $instead := dict "requirepass" "auth.existingSecret" "masterauth" "auth.existingSecret" "masteruser" "auth.acl.username" "user" "auth.acl.existingSecret" "aclfile" "auth.acl.existingSecret" "appendonly" "aof.enabled" "appendfsync" "aof.fsync" "save" "rdb.save" "maxmemory" "maxmemory" "maxmemory-policy" "maxmemoryPolicy" "replicaof" "architecture" "slaveof" "architecture" "rename-command" "auth.acl (users without the command)" -}}
{{- fail (printf "%s holds %q, which the chart decides: %s" $path $found (hasKey $instead $found | ternary (printf "use %s" (get $instead $found)) "remove the line")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Names of the cluster's DNS. */}}
{{- define "redis.headlessDomain" -}}
{{- printf "%s-headless.%s.svc.%s" (include "common.fullname" .) .Release.Namespace (dig "clusterDomain" "cluster.local" (.Values.global | default dict)) -}}
{{- end -}}

{{- define "redis.primaryHost" -}}
{{- printf "%s-master-0.%s" (include "common.fullname" .) (include "redis.headlessDomain" .) -}}
{{- end -}}
