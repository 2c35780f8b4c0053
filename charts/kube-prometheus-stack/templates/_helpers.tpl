{{/*
The arguments of the library chart for one component: it is an app of its own, named after itself (`grafana`), and not
`kube-prometheus-stack-grafana`. Filled into a dict, because a template can only give back text.
    {{- $grafana := dict }}{{- include "kps.component" (dict "root" . "name" "grafana" "into" $grafana) }}
*/}}
{{- define "kps.component" -}}
{{- $values := dict "nameOverride" .name "fullnameOverride" .name "global" (.root.Values.global | default dict) -}}
{{- $_ := set .into "Values" $values -}}
{{- range $key := list "Chart" "Release" "Template" "Capabilities" "Files" -}}
{{- $_ := set $.into $key (get $.root $key) -}}
{{- end -}}
{{- end -}}

{{/* The name of the environment; every selector hangs on it. */}}
{{- define "kps.environment" -}}
{{- required "global.environment is empty: write the name of the environment; without it nothing would keep it apart from the others" (dig "environment" "" (.Values.global | default dict)) -}}
{{- end -}}

{{/* The namespaces of the environment, as a JSON list without repetitions. */}}
{{- define "kps.namespaces" -}}
{{- $names := concat (list .Release.Namespace) .Values.extraNamespaces -}}
{{- range $name := dig "namespaces" dict (.Values.global | default dict) -}}
{{- $names = append $names $name -}}
{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end -}}

{{/* The same as a regular expression. Names of namespaces hold no character that means something in one. */}}
{{- define "kps.namespacePattern" -}}
{{- include "kps.namespaces" . | fromJsonArray | join "|" -}}
{{- end -}}

{{/* The labels by which the objects for this Prometheus are chosen. */}}
{{- define "kps.selected" -}}
{{- $labels := dig "monitoring" "labels" dict (.Values.global | default dict) -}}
{{- if not $labels -}}
{{- fail "global.monitoring.labels is empty, and a selector without labels selects everything, of the other environments too: write {environment: <env>}" -}}
{{- end -}}
{{- toYaml $labels -}}
{{- end -}}

{{/* Labels of the pods that the operator makes for the Prometheus or Alertmanager named main. */}}
{{- define "kps.operatedPods" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/instance: main
{{- end -}}

{{/* The pods of Prometheus as a peer of a NetworkPolicy, in a list item of `from:`. */}}
{{- define "kps.fromPrometheus" -}}
- from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ dig "namespaces" "monitoring" .root.Release.Namespace (.root.Values.global | default dict) }}
      podSelector:
        matchLabels:
          {{- include "kps.operatedPods" "prometheus" | nindent 10 }}
  {{- include "common.networkPolicy.ports" (dict "ports" .ports) | nindent 2 }}
{{- end -}}

{{/* Egress to the Kubernetes API server. */}}
{{- define "kps.toApiServer" -}}
{{- $policy := .Values.networkPolicy.apiServer -}}
{{- range $index, $cidr := $policy.cidrs }}
{{- if $index }}
{{ end -}}
{{- include "common.networkPolicy.toCIDR" (dict "cidr" $cidr "ports" $policy.ports) -}}
{{- end -}}
{{- end -}}

{{/* What the pod specs written here have in common; `pod` is the component's values, `account` its ServiceAccount. */}}
{{- define "kps.podSpec" -}}
serviceAccountName: {{ .account }}
automountServiceAccountToken: {{ .token | default false }}
enableServiceLinks: false
{{- with include "common.imagePullSecrets" .root }}
{{ . }}
{{- end }}
{{- with .pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* The three probes of a container, all asking for one path. `ready` is another path and port for the readiness. */}}
{{- define "kps.probes" -}}
{{- $args := . -}}
{{- range $index, $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- if $index }}
{{ end -}}
{{- $at := dict "path" $args.path "port" $args.port -}}
{{- if and (eq $probe "readinessProbe") $args.ready -}}
{{- $at = $args.ready -}}
{{- end }}
{{ $probe }}:
  httpGet:
    path: {{ $at.path }}
    port: {{ $at.port }}
  {{- toYaml (get $args.values $probe) | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* A size as bytes. Prometheus counts in powers of two, with or without the i. */}}
{{- define "kps.bytes" -}}
{{- $number := regexFind "^[0-9]+([.][0-9]+)?" (toString .value) -}}
{{- $unit := trimSuffix "B" (trimPrefix $number (toString .value)) -}}
{{- $binary := dict "" 1 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- $decimal := dict "k" 1000 "K" 1024 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- if .prometheus -}}
{{- $decimal = dict "K" 1024 "M" 1048576 "G" 1073741824 "T" 1099511627776 -}}
{{- end -}}
{{- $factor := get (merge $binary $decimal) $unit -}}
{{- if or (not $number) (not $factor) -}}
{{- fail (printf "%s: %q is not a size: write for example 40GB" .path (toString .value)) -}}
{{- end -}}
{{- mulf (float64 $number) $factor | floor | int64 -}}
{{- end -}}

{{/* The files of the dashboards, as a JSON list; that of the nodes only where their rules are. */}}
{{- define "kps.dashboardFiles" -}}
{{- $paths := list -}}
{{- range $path, $_ := .Files.Glob "dashboards/*.json" -}}
{{- if or (ne (base $path) "nodes.json") $.Values.defaultRules.rules.nodeExporter -}}
{{- $paths = append $paths $path -}}
{{- end -}}
{{- end -}}
{{- $paths | sortAlpha | toJson -}}
{{- end -}}

{{/* The names of the ConfigMaps of the dashboards, one for each file, as a JSON list. */}}
{{- define "kps.dashboardConfigMaps" -}}
{{- $names := list -}}
{{- range $path := include "kps.dashboardFiles" . | fromJsonArray -}}
{{- $names = append $names (printf "grafana-dashboards-%s" (base $path | trimSuffix ".json")) -}}
{{- end -}}
{{- $names | sortAlpha | toJson -}}
{{- end -}}

{{/* The default spread of the pods the operator makes. */}}
{{- define "kps.operatedSpread" -}}
{{- range $index, $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
{{- if $index }}
{{ end -}}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "kps.operatedPods" $ | nindent 6 }}
{{- end -}}
{{- end -}}

{{/*
What a Prometheus or Alertmanager of the operator needs beside it: ServiceAccount, Service, budget, monitor.
    include "kps.operated" (dict "root" . "name" "prometheus" "port" 9090 "values" .Values.prometheus "replicas" 1)
*/}}
{{- define "kps.operated" -}}
{{- $c := dict }}{{- include "kps.component" (dict "root" .root "name" .name "into" $c) }}
{{- include "common.serviceAccount" (dict "root" $c "serviceAccount" .values.serviceAccount "component" "") }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.labels" $c | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "kps.operatedPods" .name | nindent 4 }}
  # A page of it belongs to one replica.
  sessionAffinity: ClientIP
  ports:
    - name: web
      port: {{ .port }}
      targetPort: web
{{- $pdb := .values.podDisruptionBudget }}
{{- if and (gt (int .replicas) 1) $pdb.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.labels" $c | nindent 4 }}
spec:
  {{- if $pdb.minAvailable }}
  minAvailable: {{ $pdb.minAvailable }}
  {{- else }}
  maxUnavailable: {{ $pdb.maxUnavailable | default 1 }}
  {{- end }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "kps.operatedPods" .name | nindent 6 }}
{{- end }}
{{- if .values.serviceMonitor.selfMonitor }}
---
{{ include "common.serviceMonitor" (dict "root" $c "component" "" "port" "web" "interval" .values.serviceMonitor.interval) }}
{{- end }}
{{- end -}}

{{/* Where people find Grafana; without an Ingress, its Service. */}}
{{- define "kps.grafanaUrl" -}}
{{- $ingress := .Values.grafana.ingress -}}
{{- if $ingress.enabled -}}
{{- $host := $ingress.hosts | empty | ternary (printf "grafana.%s" (dig "domain" "" (.Values.global | default dict))) (first (append $ingress.hosts "")) -}}
{{- $ingress.tls.enabled | ternary "https" "http" }}://{{ $host }}
{{- else -}}
http://grafana.{{ .Release.Namespace }}.svc:3000
{{- end -}}
{{- end -}}

{{/* Grafana's Ingress as the library chart takes it. */}}
{{- define "kps.grafanaIngress" -}}
{{- $ingress := .Values.grafana.ingress -}}
{{- toYaml (merge (dict "className" $ingress.ingressClassName "host" (first (append $ingress.hosts ""))) (pick $ingress "enabled" "annotations" "path" "pathType" "tls")) -}}
{{- end -}}

{{/* Alertmanagers among themselves. */}}
{{- define "kps.mesh" -}}
- {{ . }}:
    - podSelector:
        matchLabels:
          {{- include "kps.operatedPods" "alertmanager" | nindent 10 }}
  ports:
    - protocol: TCP
      port: 9094
    - protocol: UDP
      port: 9094
{{- end -}}
