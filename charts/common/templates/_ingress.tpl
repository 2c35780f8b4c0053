{{/* Internal: "true" where the Ingress has TLS, which it has unless that is switched off. */}}
{{- define "common.ingress.tls" -}}
{{- if ne (toString (dig "tls" "enabled" true (.ingress | default dict))) "false" -}}true{{- end -}}
{{- end -}}

{{/* Internal: the Ingress's annotations, with the issuer where it has TLS. */}}
{{- define "common.ingress.annotations" -}}
{{- $ingress := .ingress | default dict -}}
{{- $issuer := dig "tls" "clusterIssuer" "" $ingress | default (dig "ingress" "clusterIssuer" "" (.root.Values.global | default dict)) -}}
{{- $annotations := deepCopy ($ingress.annotations | default dict) -}}
{{- if and (include "common.ingress.tls" .) $issuer -}}
{{- $annotations = mergeOverwrite (dict "cert-manager.io/cluster-issuer" $issuer) $annotations -}}
{{- end -}}
{{- toYaml $annotations -}}
{{- end -}}

{{/*
An Ingress with TLS for one Service of the chart. `ingress`: enabled, className, host, annotations, tls {enabled,
secretName, clusterIssuer}, pathType, path. Empty keys take the environment's: global.ingress and
<fullname>.<global.domain>.
    include "common.ingress" (dict "root" . "component" "" "serviceName" "feast" "servicePort" "http" "ingress" .Values.ingress)
*/}}
{{- define "common.ingress" -}}
{{- $ingress := .ingress | default dict -}}
{{- if $ingress.enabled -}}
{{- $global := .root.Values.global | default dict -}}
{{- $name := include "common.componentName" . -}}
{{- $host := $ingress.host -}}
{{- if not $host -}}
{{- $host = printf "%s.%s" $name (required "ingress.host and global.domain are both empty: write one of them" (dig "domain" "" $global)) -}}
{{- end -}}
{{- $tls := $ingress.tls | default dict -}}
{{- $withTLS := include "common.ingress.tls" . -}}
{{- $annotations := include "common.ingress.annotations" . | fromYaml -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "common.componentLabels" . | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className | default (dig "ingress" "className" "" $global) }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if $withTLS }}
  tls:
    - hosts:
        - {{ $host | quote }}
      secretName: {{ $tls.secretName | default (printf "%s-tls" $name) }}
  {{- end }}
  rules:
    - host: {{ $host | quote }}
      http:
        paths:
          - path: {{ $ingress.path | default "/" }}
            pathType: {{ $ingress.pathType | default "Prefix" }}
            backend:
              service:
                name: {{ .serviceName | default $name }}
                port:
                  {{- if kindIs "string" .servicePort }}
                  name: {{ .servicePort }}
                  {{- else }}
                  number: {{ .servicePort | int }}
                  {{- end }}
{{- end -}}
{{- end -}}
