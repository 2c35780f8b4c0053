{{/*
The contract as files, each exactly as it stands in the ConfigMaps. Gives JSON:
{"hash": …, "sets": {<set>: <spec>}, "resources": {<file>: <text>}, "repo": {<file>: <text>}}.

featuresets.json is the contract itself: all sets in full, and the SHA-256 of every other file made from them. So the
hash of this one file stands for everything, and `sha256sum featuresets.json` is all a reader needs to check what was
mounted. Nothing of an environment is in it: dev and prod have the same hash or different contracts.
*/}}
{{- define "feature-store.contract" -}}
{{- $sets := include "feature-store.featureSets" . | fromJson -}}
{{- $dialect := include "feature-store.dialect" . | fromJson -}}
{{- $generated := dict "metadata.json.j2" (.Files.Get "files/metadata.json.j2") "repo.py" (.Files.Get "files/repo.py") -}}
{{- range $name, $spec := $sets -}}
{{- $schema := include "feature-store.schema" (dict "name" $name "spec" $spec "dialect" $dialect) | fromJson -}}
{{- /* Helm's numbers are floats, and a float prints 2^63 with its last digits rounded; this is the exact one. */ -}}
{{- $_ := set $generated (printf "%s.schema.json" $name) (printf "%s\n" (toPrettyJson $schema | replace "9223372036854776000" "9223372036854775808")) -}}
{{- end -}}
{{- $hashes := dict -}}
{{- range $file, $text := $generated -}}
{{- $_ := set $hashes $file (printf "sha256:%s" (sha256sum $text)) -}}
{{- end -}}
{{- $dtypes := dict -}}
{{- range $dtype, $types := $dialect.dtypes -}}
{{- $_ := set $dtypes $dtype (pick $types "arrow" "feast") -}}
{{- end -}}
{{- /* The grammar of transforms goes along: who computes a feature reads its transform by it. */ -}}
{{- $grammar := dict "functions" $dialect.functions "units" $dialect.units "patterns" (pick $dialect.patterns "name" "duration" "transform") -}}
{{- $contract := dict "apiVersion" "features.example.com/v1alpha1" "artifacts" $hashes "dialect" $grammar "dtypes" $dtypes "featureSets" $sets -}}
{{- $text := printf "%s\n" (toPrettyJson $contract) -}}
{{- $resources := mergeOverwrite (dict "featuresets.json" $text) (omit $generated "repo.py") -}}
{{- $repo := dict "featuresets.json" $text "repo.py" (get $generated "repo.py") -}}
{{- toJson (dict "hash" (printf "sha256:%s" (sha256sum $text)) "sets" $sets "resources" $resources "repo" $repo) -}}
{{- end -}}

{{/*
JSON Schema 2020-12 of one row of the stored table. JSON Schema speaks of one value; what holds for a column or for the
whole table stands under x-feature-set. Keys are sorted, so x-feature-set.columns keeps the order of the columns.
*/}}
{{- define "feature-store.schema" -}}
{{- $dialect := .dialect -}}
{{- $spec := .spec -}}
{{- $properties := dict -}}
{{- $columns := list -}}
{{- $keys := list -}}
{{- range $spec.entities -}}
{{- $type := get $dialect.dtypes .type -}}
{{- $property := mergeOverwrite (deepCopy $type.schema) (dict "x-arrow-type" $type.arrow "x-dtype" .type) (pick . "description") -}}
{{- if eq .type "string" -}}
{{- $_ := set $property "minLength" 1 -}}
{{- end -}}
{{- $_ := set $properties .name $property -}}
{{- $columns = append $columns .name -}}
{{- $keys = append $keys .name -}}
{{- end -}}
{{- $type := $dialect.dtypes.timestamp -}}
{{- $_ := set $properties $spec.timestampColumn (mergeOverwrite (deepCopy $type.schema) (dict "x-arrow-type" $type.arrow "x-dtype" "timestamp" "description" "When the values of this row were true.")) -}}
{{- $columns = append $columns $spec.timestampColumn -}}
{{- range $spec.features -}}
{{- $type := get $dialect.dtypes .dtype -}}
{{- $property := mergeOverwrite (deepCopy $type.schema) (dict "x-arrow-type" $type.arrow "x-dtype" .dtype) (pick . "description") -}}
{{- with .range -}}
{{- if and (hasKey . "min") (or (not (hasKey $property "minimum")) (gt (float64 .min) (float64 (get $property "minimum")))) -}}
{{- $_ := set $property "minimum" .min -}}
{{- end -}}
{{- if hasKey . "max" -}}
{{- $_ := set $property "maximum" .max -}}
{{- end -}}
{{- end -}}
{{- if .allowed -}}
{{- $_ := set $property "enum" (.nullable | ternary (append .allowed nil) .allowed) -}}
{{- end -}}
{{- if .nullable -}}
{{- $_ := set $property "type" (list (get $property "type") "null") -}}
{{- end -}}
{{- $_ := set $properties .name $property -}}
{{- $columns = append $columns .name -}}
{{- end -}}
{{- $table := dict "name" .name "project" $spec.project "columns" $columns "entities" $keys "timestampColumn" $spec.timestampColumn "validation" $spec.validation -}}
{{- $schema := dict
      "$schema" "https://json-schema.org/draft/2020-12/schema"
      "$id" (printf "https://features.example.com/v1alpha1/%s.schema.json" .name)
      "title" .name
      "type" "object"
      "properties" $properties
      "required" $columns
      "additionalProperties" false
      "x-feature-set" $table -}}
{{- toJson (mergeOverwrite $schema (pick $spec "description")) -}}
{{- end -}}
