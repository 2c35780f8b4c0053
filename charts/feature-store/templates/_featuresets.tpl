{{/*
Reads featuresets/*.yaml, checks every set against files/dialect.yaml and fills in the defaults. Gives JSON:
{<set>: <spec>}. All mistakes are collected and shown together, each with its file and path: one round for the author.
*/}}
{{- define "feature-store.featureSets" -}}
{{- $root := . -}}
{{- $dialect := include "feature-store.dialect" . | fromJson -}}
{{- $found := dict "errors" list -}}
{{- $sets := dict -}}
{{- range $path, $_ := .Files.Glob "featuresets/**" -}}
{{- $text := $root.Files.Get $path -}}
{{- $document := dict -}}
{{- if not (hasSuffix ".yaml" $path) -}}
{{- include "feature-store.error" (dict "found" $found "at" $path "text" "is no FeatureSet; only <set>.yaml is read here") -}}
{{- else if gt (len (regexFindAll "(?m)^---(\\s|$)" (regexReplaceAll "^(\\s*(#[^\\n]*)?\\n)*---" $text "") -1)) 0 -}}
{{- include "feature-store.error" (dict "found" $found "at" $path "text" "holds more than one document; write one FeatureSet per file") -}}
{{- else -}}
{{- $document = fromYaml $text -}}
{{- if hasKey $document "Error" -}}
{{- include "feature-store.error" (dict "found" $found "at" $path "text" (printf "is not YAML: %s" $document.Error)) -}}
{{- else -}}
{{- include "feature-store.checkDocument" (dict "found" $found "at" $path "document" $document "dialect" $dialect) -}}
{{- end -}}
{{- end -}}
{{- if not $found.errors -}}
{{- $_ := set $sets $document.metadata.name (include "feature-store.withDefaults" (dict "spec" $document.spec "dialect" $dialect) | fromJson) -}}
{{- end -}}
{{- end -}}
{{- if not $found.errors -}}
{{- include "feature-store.checkTogether" (dict "found" $found "sets" $sets) -}}
{{- end -}}
{{- if $found.errors -}}
{{- fail (printf "the contract has %d mistake(s):\n  * %s\n" (len $found.errors) (join "\n  * " $found.errors)) -}}
{{- end -}}
{{- toJson $sets -}}
{{- end -}}

{{/* Internal: one more mistake. */}}
{{- define "feature-store.error" -}}
{{- $_ := set .found "errors" (append .found.errors (printf "%s: %s" .at .text)) -}}
{{- end -}}

{{/*
Internal: `keys` says of each key what it must be: string, bool, number, list, map; with "!" in front it must be there.
*/}}
{{- define "feature-store.checkKeys" -}}
{{- $found := .found -}}
{{- $at := .at -}}
{{- $map := .map -}}
{{- $keys := .keys -}}
{{- if not (kindIs "map" $map) -}}
{{- include "feature-store.error" (dict "found" $found "at" $at "text" (printf "must be a map with the keys %s" (keys $keys | sortAlpha | join ", "))) -}}
{{- else -}}
{{- range $key, $value := $map -}}
{{- if not (hasKey $keys $key) -}}
{{- include "feature-store.error" (dict "found" $found "at" $at "text" (printf "unknown key %q; known are %s" $key (keys $keys | sortAlpha | join ", "))) -}}
{{- else -}}
{{- $want := get $keys $key | trimPrefix "!" -}}
{{- $got := kindIs "slice" $value | ternary "list" (regexMatch "^(int|float)" (kindOf $value) | ternary "number" (kindOf $value)) -}}
{{- if ne $want $got -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.%s" $at $key) "text" (printf "must be a %s, is %s (%s)" $want (ne $got "invalid" | ternary (printf "a %s" $got) "empty") (toJson $value))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $key, $want := $keys -}}
{{- if and (hasPrefix "!" $want) (not (hasKey $map $key)) -}}
{{- include "feature-store.error" (dict "found" $found "at" $at "text" (printf "%s is missing" $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Internal: a string that is there must match a pattern of the dialect. */}}
{{- define "feature-store.checkPattern" -}}
{{- if kindIs "string" .value -}}
{{- if not (regexMatch (get .dialect.patterns .pattern) .value) -}}
{{- include "feature-store.error" (dict "found" .found "at" .at "text" (printf "%q is no %s: write it like %s (pattern %s)" .value .pattern .like (get .dialect.patterns .pattern))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Internal: tags are strings, as Feast takes them. */}}
{{- define "feature-store.checkTags" -}}
{{- $args := . -}}
{{- range $key, $value := .tags -}}
{{- include "feature-store.checkPattern" (mergeOverwrite (deepCopy (pick $args "dialect")) (dict "found" $args.found "at" (printf "%s.tags" $args.at) "value" $key "pattern" "tag" "like" "team")) -}}
{{- if not (kindIs "string" $value) -}}
{{- include "feature-store.error" (dict "found" $args.found "at" (printf "%s.tags.%s" $args.at $key) "text" (printf "must be a string: write %s: \"%v\"" $key $value)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Internal: a share of one. */}}
{{- define "feature-store.checkShare" -}}
{{- if regexMatch "^(int|float)" (kindOf .value) -}}
{{- if or (lt (float64 .value) 0.0) (gt (float64 .value) 1.0) -}}
{{- include "feature-store.error" (dict "found" .found "at" .at "text" (printf "%v is out of 0..1: write a share, 0.01 for one per cent" .value)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "feature-store.checkDocument" -}}
{{- $found := .found -}}
{{- $dialect := .dialect -}}
{{- $path := .at -}}
{{- $document := .document -}}
{{- $before := len $found.errors -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" $path "map" $document "keys" (dict "apiVersion" "!string" "kind" "!string" "metadata" "!map" "spec" "!map")) -}}
{{- if eq $before (len $found.errors) -}}
{{- if or (ne $document.apiVersion "features.example.com/v1alpha1") (ne $document.kind "FeatureSet") -}}
{{- include "feature-store.error" (dict "found" $found "at" $path "text" "must be a FeatureSet of features.example.com/v1alpha1") -}}
{{- end -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" (printf "%s: metadata" $path) "map" $document.metadata "keys" (dict "name" "!string")) -}}
{{- $name := $document.metadata.name -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s: metadata.name" $path) "value" $name "pattern" "set" "like" "user-features") -}}
{{- if and (kindIs "string" $name) (ne (base $path) (printf "%s.yaml" $name)) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s: metadata.name" $path) "text" (printf "is %q; the file must be named %s.yaml" $name $name)) -}}
{{- end -}}
{{- include "feature-store.checkSpec" (dict "found" $found "at" (printf "%s: spec" $path) "spec" $document.spec "dialect" $dialect) -}}
{{- end -}}
{{- end -}}

{{- define "feature-store.checkSpec" -}}
{{- $found := .found -}}
{{- $dialect := .dialect -}}
{{- $at := .at -}}
{{- $spec := .spec -}}
{{- $before := len $found.errors -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" $at "map" $spec "keys" (dict "project" "!string" "description" "string" "owner" "string" "entities" "!list" "features" "!list" "timestampColumn" "string" "ttl" "string" "validation" "map" "batchSchedule" "!string" "stream" "map" "tags" "map")) -}}
{{- if eq $before (len $found.errors) -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.project" $at) "value" $spec.project "pattern" "project" "like" "my-analytics") -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.timestampColumn" $at) "value" $spec.timestampColumn "pattern" "name" "like" "event_timestamp") -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.ttl" $at) "value" $spec.ttl "pattern" "duration" "like" "30d") -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.batchSchedule" $at) "value" $spec.batchSchedule "pattern" "cron" "like" "0 2 * * *") -}}
{{- include "feature-store.checkTags" (dict "found" $found "dialect" $dialect "at" $at "tags" $spec.tags) -}}
{{- $columns := dict -}}
{{- $_ := set $columns ($spec.timestampColumn | default $dialect.defaults.timestampColumn) "the timestamp column" -}}
{{- if not $spec.entities -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.entities" $at) "text" "is empty: name at least one entity, the key of every row") -}}
{{- end -}}
{{- range $index, $entity := $spec.entities -}}
{{- $here := printf "%s.entities[%d]" $at $index -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" $here "map" $entity "keys" (dict "name" "!string" "type" "!string" "description" "string")) -}}
{{- if kindIs "map" $entity -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.name" $here) "value" $entity.name "pattern" "name" "like" "user_id") -}}
{{- if and (kindIs "string" $entity.type) (not (has $entity.type $dialect.entityTypes)) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.type" $here) "text" (printf "unknown type %q; an entity is one of %s" $entity.type (join ", " $dialect.entityTypes))) -}}
{{- end -}}
{{- include "feature-store.checkColumn" (dict "found" $found "at" $here "columns" $columns "name" $entity.name "what" (printf "entities[%d]" $index)) -}}
{{- end -}}
{{- end -}}
{{- if not $spec.features -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.features" $at) "text" "is empty: a set without a feature says nothing") -}}
{{- end -}}
{{- range $index, $feature := $spec.features -}}
{{- include "feature-store.checkFeature" (dict "found" $found "dialect" $dialect "at" (printf "%s.features[%d]" $at $index) "feature" $feature) -}}
{{- if kindIs "map" $feature -}}
{{- include "feature-store.checkColumn" (dict "found" $found "at" (printf "%s.features[%d]" $at $index) "columns" $columns "name" $feature.name "what" (printf "features[%d]" $index)) -}}
{{- end -}}
{{- end -}}
{{- with $spec.validation -}}
{{- $here := printf "%s.validation" $at -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" $here "map" . "keys" (dict "null_threshold" "number" "drift_threshold" "number" "freshness_threshold" "string")) -}}
{{- include "feature-store.checkShare" (dict "found" $found "at" (printf "%s.null_threshold" $here) "value" .null_threshold) -}}
{{- include "feature-store.checkShare" (dict "found" $found "at" (printf "%s.drift_threshold" $here) "value" .drift_threshold) -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.freshness_threshold" $here) "value" .freshness_threshold "pattern" "duration" "like" "26h") -}}
{{- end -}}
{{- with $spec.stream -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" (printf "%s.stream" $at) "map" . "keys" (dict "kafkaTopic" "!string" "timestampField" "!string")) -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.stream.kafkaTopic" $at) "value" .kafkaTopic "pattern" "topic" "like" "user-events") -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.stream.timestampField" $at) "value" .timestampField "pattern" "field" "like" "event_time") -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Internal: a column is named once in a set. */}}
{{- define "feature-store.checkColumn" -}}
{{- if kindIs "string" .name -}}
{{- if hasKey .columns .name -}}
{{- include "feature-store.error" (dict "found" .found "at" .at "text" (printf "the name %q is taken by %s" .name (get .columns .name))) -}}
{{- else -}}
{{- $_ := set .columns .name .what -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "feature-store.checkFeature" -}}
{{- $found := .found -}}
{{- $dialect := .dialect -}}
{{- $feature := .feature -}}
{{- $at := .at -}}
{{- $before := len $found.errors -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" $at "map" $feature "keys" (dict "name" "!string" "dtype" "!string" "source" "!string" "transform" "!string" "description" "string" "owner" "string" "nullable" "bool" "range" "map" "allowed" "list" "tags" "map")) -}}
{{- if eq $before (len $found.errors) -}}
{{- $at = printf "%s (%s)" $at $feature.name -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.name" $at) "value" $feature.name "pattern" "name" "like" "total_sessions") -}}
{{- include "feature-store.checkPattern" (dict "found" $found "dialect" $dialect "at" (printf "%s.source" $at) "value" $feature.source "pattern" "name" "like" "online_events") -}}
{{- include "feature-store.checkTransform" (dict "found" $found "dialect" $dialect "at" $at "feature" $feature) -}}
{{- include "feature-store.checkTags" (dict "found" $found "dialect" $dialect "at" $at "tags" $feature.tags) -}}
{{- if not (hasKey $dialect.dtypes $feature.dtype) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.dtype" $at) "text" (printf "unknown dtype %q; known are %s" $feature.dtype (keys $dialect.dtypes | sortAlpha | join ", "))) -}}
{{- else -}}
{{- with $feature.range -}}
{{- if not (dig "numeric" false (get $dialect.dtypes $feature.dtype)) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.range" $at) "text" (printf "a %s has no range; allowed: lists values" $feature.dtype)) -}}
{{- end -}}
{{- $range := . -}}
{{- $errors := len $found.errors -}}
{{- include "feature-store.checkKeys" (dict "found" $found "at" (printf "%s.range" $at) "map" . "keys" (dict "min" "number" "max" "number")) -}}
{{- if and (eq $errors (len $found.errors)) (hasKey . "min") (hasKey . "max") -}}
{{- if gt (float64 .min) (float64 .max) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.range" $at) "text" (printf "min %v is greater than max %v" .min .max)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if hasKey $feature "allowed" -}}
{{- if ne $feature.dtype "string" -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.allowed" $at) "text" (printf "lists strings; a %s has a range" $feature.dtype)) -}}
{{- end -}}
{{- if or (not $feature.allowed) (ne (len $feature.allowed) (len (uniq $feature.allowed))) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.allowed" $at) "text" "must name at least one value, and each once") -}}
{{- end -}}
{{- range $feature.allowed -}}
{{- if not (kindIs "string" .) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "%s.allowed" $at) "text" (printf "%v must be a string: write \"%v\"" . .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Internal: a transform of the language, whose result can be the dtype. */}}
{{- define "feature-store.checkTransform" -}}
{{- $functions := .dialect.functions -}}
{{- $transform := .feature.transform -}}
{{- $function := regexFind "^[A-Za-z0-9_]+" $transform -}}
{{- $at := printf "%s.transform" .at -}}
{{- if not (hasKey $functions $function) -}}
{{- include "feature-store.error" (dict "found" .found "at" $at "text" (printf "%q has the unknown function %q; known are %s" $transform $function (keys $functions | sortAlpha | join ", "))) -}}
{{- else -}}
{{- include "feature-store.checkPattern" (dict "found" .found "dialect" .dialect "at" $at "value" $transform "pattern" "transform" "like" "avg(duration) over window(30d)") -}}
{{- $gives := (get $functions $function).gives -}}
{{- if and (hasKey .dialect.dtypes .feature.dtype) (not (has .feature.dtype $gives)) -}}
{{- include "feature-store.error" (dict "found" .found "at" (printf "%s.dtype" .at) "text" (printf "%s cannot give a %s; it gives %s" $function .feature.dtype (join ", " $gives))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What only several sets together can get wrong. */}}
{{- define "feature-store.checkTogether" -}}
{{- $found := .found -}}
{{- if not .sets -}}
{{- include "feature-store.error" (dict "found" $found "at" "featuresets/" "text" "holds no FeatureSet") -}}
{{- end -}}
{{- $project := "" -}}
{{- $entities := dict -}}
{{- range $name, $spec := .sets -}}
{{- if and $project (ne $project $spec.project) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "featuresets/%s.yaml: spec.project" $name) "text" (printf "is %q, another set says %q; one Feast server serves one project" $spec.project $project)) -}}
{{- end -}}
{{- $project = $spec.project -}}
{{- range $spec.entities -}}
{{- if and (hasKey $entities .name) (ne .type (index $entities .name "type")) -}}
{{- include "feature-store.error" (dict "found" $found "at" (printf "featuresets/%s.yaml: spec.entities" $name) "text" (printf "%s is a %s here and a %s in %s" .name .type (index $entities .name "type") (index $entities .name "set"))) -}}
{{- end -}}
{{- $_ := set $entities .name (dict "type" .type "set" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
A spec in full: every default written out, everything empty left out. Two files that mean the same give the same text.
*/}}
{{- define "feature-store.withDefaults" -}}
{{- $defaults := .dialect.defaults -}}
{{- $spec := deepCopy .spec -}}
{{- $features := list -}}
{{- range $spec.features -}}
{{- $feature := mergeOverwrite (dict "nullable" $defaults.nullable) . -}}
{{- $features = append $features (include "feature-store.withoutEmpty" $feature | fromJson) -}}
{{- end -}}
{{- $entities := list -}}
{{- range $spec.entities -}}
{{- $entities = append $entities (include "feature-store.withoutEmpty" . | fromJson) -}}
{{- end -}}
{{- $full := dict "timestampColumn" $defaults.timestampColumn "ttl" $defaults.ttl -}}
{{- $full = mergeOverwrite $full (include "feature-store.withoutEmpty" $spec | fromJson) -}}
{{- $_ := set $full "features" $features -}}
{{- $_ := set $full "entities" $entities -}}
{{- $_ := set $full "validation" (mergeOverwrite (deepCopy $defaults.validation) ($spec.validation | default dict)) -}}
{{- toJson $full -}}
{{- end -}}

{{/* Internal: the map without empty strings, lists and maps. Zero and false are not empty. */}}
{{- define "feature-store.withoutEmpty" -}}
{{- $kept := dict -}}
{{- range $key, $value := . -}}
{{- if or (kindIs "bool" $value) (regexMatch "^(int|float)" (kindOf $value)) $value -}}
{{- $_ := set $kept $key $value -}}
{{- end -}}
{{- end -}}
{{- toJson $kept -}}
{{- end -}}

{{/* files/dialect.yaml, with the pattern of a transform made from its parts. */}}
{{- define "feature-store.dialect" -}}
{{- $dialect := .Files.Get "files/dialect.yaml" | fromYaml -}}
{{- $patterns := $dialect.patterns -}}
{{- $functions := keys $dialect.functions | sortAlpha | join "|" -}}
{{- $inner := dict -}}
{{- range $name := list "name" "duration" -}}
{{- $_ := set $inner $name (get $patterns $name | trimPrefix "^" | trimSuffix "$") -}}
{{- end -}}
{{- $_ := set $patterns "transform" (printf "^(%s)\\(%s\\) over window\\(%s\\)$" $functions $inner.name $inner.duration) -}}
{{- toJson $dialect -}}
{{- end -}}

{{/* A duration of the contract in seconds: (dict "root" . "duration" "30d"). */}}
{{- define "feature-store.seconds" -}}
{{- $units := (include "feature-store.dialect" .root | fromJson).units -}}
{{- $unit := trunc -1 .duration -}}
{{- mul (trimSuffix $unit .duration | int64) (get $units $unit | int64) -}}
{{- end -}}
