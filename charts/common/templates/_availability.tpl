{{/*
A PodDisruptionBudget for more than one replica; nothing for one, where it would only block the drain of a node.
`replicas` is the smallest number there can be (minReplicas of an autoscaler). `pdb`: enabled, minAvailable,
maxUnavailable.
    include "common.podDisruptionBudget" (dict "root" . "component" "server" "replicas" 3 "pdb" .Values.podDisruptionBudget)
*/}}
{{- define "common.podDisruptionBudget" -}}
{{- $pdb := .pdb | default dict -}}
{{- $replicas := int .replicas -}}
{{- if and (gt $replicas 1) (ne (toString (dig "enabled" true $pdb)) "false") -}}
{{- $minAvailable := dig "minAvailable" "" $pdb | toString -}}
{{- $maxUnavailable := dig "maxUnavailable" "" $pdb | toString -}}
{{- if and $minAvailable $maxUnavailable -}}
{{- fail "podDisruptionBudget: Kubernetes takes minAvailable or maxUnavailable, not both: remove one" -}}
{{- end -}}
{{- if or (eq $maxUnavailable "0") (eq $maxUnavailable "0%") (eq $minAvailable "100%") (and (regexMatch "^[0-9]+$" $minAvailable) (ge (int $minAvailable) $replicas)) -}}
{{- fail (printf "podDisruptionBudget: with %d replicas no pod could ever be evicted and no node drained: write maxUnavailable: 1" $replicas) -}}
{{- end -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "common.componentName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.componentLabels" . | nindent 4 }}
spec:
  {{- if $minAvailable }}
  minAvailable: {{ $minAvailable }}
  {{- else }}
  maxUnavailable: {{ $maxUnavailable | default "1" }}
  {{- end }}
  # A pod that is broken anyway must not hold up the drain of its node.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "common.componentSelectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{/*
Items of topologySpreadConstraints: over nodes, then over zones, as wishes. `constraints` (a list of the caller's own)
replaces them; `matchLabelKeys` is for Deployments: (list "pod-template-hash") counts only the pods of one revision.
    include "common.topologySpread" (dict "root" . "component" "server")
*/}}
{{- define "common.topologySpread" -}}
{{- if .constraints -}}
{{- toYaml .constraints -}}
{{- else -}}
{{- $args := . -}}
{{- range $index, $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
{{- if $index }}
{{ end -}}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "common.componentSelectorLabels" $args | nindent 6 }}
  {{- with $args.matchLabelKeys }}
  matchLabelKeys:
    {{- range . }}
    - {{ . }}
    {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
