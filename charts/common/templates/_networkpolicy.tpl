{{/*
Pieces of NetworkPolicies. Each `from…`/`to…` is one item of `ingress:` or `egress:`; the caller writes the object, so
that every open edge can be read in one file of the chart. `ports` is a list of numbers or port names.
*/}}

{{/* Internal: the ports of a rule. */}}
{{- define "common.networkPolicy.ports" -}}
{{- if .ports -}}
ports:
{{- $protocol := .protocol | default "TCP" }}
{{- range .ports }}
  - protocol: {{ $protocol }}
    port: {{ kindIs "string" . | ternary . (kindIs "string" . | ternary 0 . | int) }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Internal: one peer, the pods with podLabels (all where there are none) of a namespace. */}}
{{- define "common.networkPolicy.peer" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ required "networkPolicy: an edge needs the name of a namespace" .namespace }}
{{- with .podLabels }}
  podSelector:
    matchLabels:
      {{- toYaml . | nindent 6 }}
{{- end }}
{{- end -}}

{{/*
Egress to the cluster's DNS.
*/}}
{{- define "common.networkPolicy.dns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  ports:
    - protocol: UDP
      port: 53
    - protocol: TCP
      port: 53
{{- end -}}

{{/*
    include "common.networkPolicy.fromNamespace" (dict "namespace" "feast-dev" "podLabels" (dict "app.kubernetes.io/name" "feast") "ports" (list 6379))
*/}}
{{- define "common.networkPolicy.fromNamespace" -}}
- from:
    {{- include "common.networkPolicy.peer" . | nindent 4 }}
  {{- with include "common.networkPolicy.ports" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "common.networkPolicy.toNamespace" -}}
- to:
    {{- include "common.networkPolicy.peer" . | nindent 4 }}
  {{- with include "common.networkPolicy.ports" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
Pods of this release, in this namespace; without a component, all of them.
    include "common.networkPolicy.fromComponent" (dict "root" . "component" "server" "ports" (list 6566))
*/}}
{{- define "common.networkPolicy.fromComponent" -}}
- from:
    - podSelector:
        matchLabels:
          {{- include "common.componentSelectorLabels" . | nindent 10 }}
  {{- with include "common.networkPolicy.ports" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "common.networkPolicy.toComponent" -}}
- to:
    - podSelector:
        matchLabels:
          {{- include "common.componentSelectorLabels" . | nindent 10 }}
  {{- with include "common.networkPolicy.ports" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
Ingress from the monitoring namespace (global.namespaces.monitoring) and from the ingress controller's.
    include "common.networkPolicy.fromMonitoring" (dict "root" . "ports" (list "metrics"))
*/}}
{{- define "common.networkPolicy.fromMonitoring" -}}
{{- $namespace := dig "namespaces" "monitoring" "" (.root.Values.global | default dict) -}}
{{- include "common.networkPolicy.fromNamespace" (dict
      "namespace" (required "global.namespaces.monitoring is empty: write the namespace of Prometheus" $namespace)
      "ports" .ports) -}}
{{- end -}}

{{- define "common.networkPolicy.fromIngressController" -}}
{{- $namespace := dig "ingress" "namespace" "" (.root.Values.global | default dict) -}}
{{- include "common.networkPolicy.fromNamespace" (dict
      "namespace" (required "global.ingress.namespace is empty: write the namespace of the ingress controller" $namespace)
      "ports" .ports) -}}
{{- end -}}

{{/*
Egress to addresses outside the cluster, such as S3.
    include "common.networkPolicy.toCIDR" (dict "cidr" "0.0.0.0/0" "except" (list "10.0.0.0/8") "ports" (list 443))
*/}}
{{- define "common.networkPolicy.toCIDR" -}}
- to:
    - ipBlock:
        cidr: {{ required "networkPolicy: an ipBlock needs a cidr" .cidr }}
        {{- with .except }}
        except:
          {{- toYaml . | nindent 10 }}
        {{- end }}
  {{- with include "common.networkPolicy.ports" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
Whole object: no pod of this namespace receives or sends anything which another policy does not allow.
    include "common.networkPolicy.defaultDeny" .
*/}}
{{- define "common.networkPolicy.defaultDeny" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.componentName" (dict "root" . "component" "default-deny") }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector: {}
  policyTypes:
    - Ingress
    - Egress
{{- end -}}

{{/*
Whole object, where the Ingress gets its certificate from cert-manager: an HTTP-01 challenge is answered by a pod of
cert-manager's in this namespace, which the ingress controller must reach. Behind a default deny, whoever wrote it, no
certificate would ever be issued or renewed. `ingress` as in common.ingress.
    include "common.networkPolicy.acmeSolver" (dict "root" . "ingress" .Values.ingress)
*/}}
{{- define "common.networkPolicy.acmeSolver" -}}
{{- $ingress := .ingress | default dict -}}
{{- $annotations := include "common.ingress.annotations" . | fromYaml -}}
{{- $issued := or (hasKey $annotations "cert-manager.io/cluster-issuer") (hasKey $annotations "cert-manager.io/issuer") -}}
{{- if and $ingress.enabled (include "common.ingress.tls" .) $issued -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.componentName" (dict "root" .root "component" "acme-solver") }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.labels" .root | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      acme.cert-manager.io/http01-solver: "true"
  policyTypes:
    - Ingress
  ingress:
    {{- include "common.networkPolicy.fromIngressController" (dict "root" .root "ports" (list 8089)) | nindent 4 }}
{{- end -}}
{{- end -}}
