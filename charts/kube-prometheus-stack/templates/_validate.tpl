{{/*
Keys of the upstream chart that mean something else here, or nothing, each with what to do instead. The schema lets them
through so that this answer is given and not only "not allowed".
*/}}
{{- define "kps.refused" -}}
{{- $fixed := "the selectors are made of global.environment and global.monitoring.labels, so that the environments cannot see each other: remove it, and give the object the label `environment`" -}}
{{- $bootstrap := "the operator and its CRDs are one for the cluster, in bootstrap/operators: remove it" -}}
crds: {{ $bootstrap | quote }}
prometheusOperator: {{ $bootstrap | quote }}
additionalPrometheusRulesMap: {{ "rules are files: put a PrometheusRule into the chart of the app, or a file into charts/kube-prometheus-stack/rules" | quote }}
additionalPrometheusRules: {{ "rules are files: put a PrometheusRule into the chart of the app, or a file into charts/kube-prometheus-stack/rules" | quote }}
prometheus.additionalServiceMonitors: {{ "put the ServiceMonitor into the chart of the app, beside its Service" | quote }}
prometheus.additionalPodMonitors: {{ "put the PodMonitor into the chart of the app" | quote }}
prometheus.ingress: {{ "Prometheus has no login: look at it through Grafana, or with `kubectl -n monitoring-<env> port-forward svc/prometheus 9090`" | quote }}
alertmanager.ingress: {{ "Alertmanager has no login: look at it through Grafana, or with `kubectl -n monitoring-<env> port-forward svc/alertmanager 9093`" | quote }}
alertmanager.config: {{ "the configuration is the Secret of alertmanagerSpec.configSecret: change envs/<env>/secrets/alertmanager-config.yaml (docs/monitoring.md)" | quote }}
alertmanager.stringConfig: {{ "the configuration is the Secret of alertmanagerSpec.configSecret: change envs/<env>/secrets/alertmanager-config.yaml (docs/monitoring.md)" | quote }}
alertmanager.templateFiles: {{ "templates are files: change charts/kube-prometheus-stack/files/slack.tmpl" | quote }}
prometheus.prometheusSpec.additionalScrapeConfigs: {{ "it would need a Secret in git: write a ScrapeConfig, a ServiceMonitor or a PodMonitor into the chart of the app" | quote }}
prometheus.prometheusSpec.additionalScrapeConfigsSecret: {{ "write a ScrapeConfig, a ServiceMonitor or a PodMonitor into the chart of the app" | quote }}
prometheus.prometheusSpec.additionalAlertManagerConfigs: {{ "alerts of an environment go to its own Alertmanager" | quote }}
{{- range $kind := list "serviceMonitor" "podMonitor" "probe" "rule" "scrapeConfig" }}
prometheus.prometheusSpec.{{ $kind }}Selector: {{ $fixed | quote }}
prometheus.prometheusSpec.{{ $kind }}NamespaceSelector: {{ $fixed | quote }}
prometheus.prometheusSpec.{{ $kind }}SelectorNilUsesHelmValues: {{ $fixed | quote }}
{{- end }}
alertmanager.alertmanagerSpec.alertmanagerConfigSelector: {{ "routes are one file, the Secret of configSecret: an AlertmanagerConfig would only be read beside it" | quote }}
alertmanager.alertmanagerSpec.alertmanagerConfigNamespaceSelector: {{ "routes are one file, the Secret of configSecret" | quote }}
alertmanager.alertmanagerSpec.useExistingSecret: {{ "the Secret always exists already, and is sealed: write configSecret, or nothing" | quote }}
grafana.adminUser: {{ "no credentials in values: seal a Secret with admin-user and admin-password and name it in grafana.admin.existingSecret" | quote }}
grafana.adminPassword: {{ "no credentials in values: seal a Secret with admin-user and admin-password and name it in grafana.admin.existingSecret" | quote }}
grafana.sidecar: {{ "dashboards are files in charts/kube-prometheus-stack/dashboards, data sources grafana.additionalDataSources; there is no sidecar that reads the cluster" | quote }}
grafana.plugins: {{ "nothing is fetched from the internet at a start: build the plugin into an image and name that in grafana.image" | quote }}
grafana.replicas: {{ "the database is a file, so there is one pod" | quote }}
grafana.ingress.className: {{ "write grafana.ingress.ingressClassName" | quote }}
grafana.ingress.host: {{ "write grafana.ingress.hosts, a list of one" | quote }}
kube-state-metrics.namespaces: {{ "they are global.namespaces and extraNamespaces" | quote }}
{{- end -}}

{{/* What a schema cannot say. Every message ends with what to write. */}}
{{- define "kps.validate" -}}
{{- $root := . -}}
{{- range $path, $why := include "kps.refused" . | fromYaml -}}
{{- $at := $root.Values -}}
{{- $present := true -}}
{{- range $key := splitList "." $path -}}
{{- if and $present (kindIs "map" $at) (hasKey $at $key) -}}
{{- $at = get $at $key -}}
{{- else -}}
{{- $present = false -}}
{{- end -}}
{{- end -}}
{{- if $present -}}
{{- fail (printf "%s is not taken: %s" $path $why) -}}
{{- end -}}
{{- end -}}

{{- $spec := .Values.prometheus.prometheusSpec -}}
{{- $size := dig "storageSpec" "volumeClaimTemplate" "spec" "resources" "requests" "storage" "" $spec -}}
{{- if .Values.prometheus.enabled -}}
{{- if not $spec.retentionSize -}}
{{- fail "prometheus.prometheusSpec.retentionSize is empty: retention alone does not keep the volume from filling up: write for example 40GB" -}}
{{- end -}}
{{- if $size -}}
{{- $volume := include "kps.bytes" (dict "value" $size "path" "prometheus.prometheusSpec.storageSpec") | int64 -}}
{{- $kept := include "kps.bytes" (dict "value" $spec.retentionSize "path" "prometheus.prometheusSpec.retentionSize" "prometheus" true) | int64 -}}
{{- if gt (mul $kept 10) (mul $volume 9) -}}
{{- fail (printf "prometheus.prometheusSpec.retentionSize %s is more than 90 %% of the volume (%s), and compaction needs the rest: write at most %dMB, or make the volume larger"
      $spec.retentionSize $size (div (mul $volume 9) 10485760)) -}}
{{- end -}}
{{- else if not (dig "storageSpec" "emptyDir" "" $spec) -}}
{{- fail "prometheus.prometheusSpec.storageSpec has neither volumeClaimTemplate.spec.resources.requests.storage nor emptyDir: samples would be lost with the pod: write one of them" -}}
{{- end -}}
{{- if hasKey $spec.externalLabels "environment" -}}
{{- if ne (get $spec.externalLabels "environment") (include "kps.environment" .) -}}
{{- fail (printf "prometheus.prometheusSpec.externalLabels.environment is not %q, and Alertmanager routes by it: remove it" (include "kps.environment" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- range $name := .Values.extraNamespaces -}}
{{- if not (hasSuffix (printf "-%s" (include "kps.environment" $root)) $name) -}}
{{- fail (printf "extraNamespaces: %s does not end in -%s, so it belongs to another environment: remove it" $name (include "kps.environment" $root)) -}}
{{- end -}}
{{- end -}}

{{- if .Values.grafana.enabled -}}
{{- if not .Values.grafana.admin.existingSecret -}}
{{- fail "grafana.admin.existingSecret is empty: seal a Secret with the keys admin-user and admin-password and write its name" -}}
{{- end -}}
{{- if and .Values.grafana.persistence.enabled (not .Values.grafana.persistence.existingClaim) -}}
{{- fail "grafana.persistence.existingClaim is empty: claims come from envs/<env>/storage/values.yaml: write the claim's name, or grafana.persistence.enabled: false" -}}
{{- end -}}
{{- range $section, $_ := index .Values.grafana "grafana.ini" -}}
{{- range $key, $value := . -}}
{{- if and $value (or (has $key (list "admin_password" "client_secret" "secret_key" "password")) (hasSuffix "_password" $key)) (not (hasPrefix "$__" (toString $value))) -}}
{{- fail (printf "grafana.grafana.ini: %s.%s is a credential: seal it under the key GF_%s_%s in the Secret of grafana.envFromSecret" $section $key ($section | upper | replace "." "_") (upper $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- range $kind := (index .Values "kube-state-metrics").collectors -}}
{{- if and (ne $kind "nodes") (not (hasKey (include "kps.kinds" $root | fromYaml) $kind)) -}}
{{- fail (printf "kube-state-metrics.collectors: %s is not among those that are allowed to be read (%s, nodes)" $kind (include "kps.kinds" $root | fromYaml | keys | sortAlpha | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The namespaced kinds kube-state-metrics may report on, with their API groups. */}}
{{- define "kps.kinds" -}}
cronjobs: batch
daemonsets: apps
deployments: apps
endpointslices: discovery.k8s.io
horizontalpodautoscalers: autoscaling
ingresses: networking.k8s.io
jobs: batch
leases: coordination.k8s.io
limitranges: ""
networkpolicies: networking.k8s.io
persistentvolumeclaims: ""
poddisruptionbudgets: policy
pods: ""
replicasets: apps
resourcequotas: ""
services: ""
statefulsets: apps
{{- end -}}
