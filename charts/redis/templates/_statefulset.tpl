{{/*
The StatefulSet of a role; primary and replicas differ in number, configuration and volume only.
    include "redis.statefulset" (dict "root" . "role" "master" "plural" "master" "replicas" 1)
*/}}
{{- define "redis.statefulset" -}}
{{- $root := .root -}}
{{- $values := $root.Values -}}
{{- $role := .role -}}
{{- $section := get $values $role -}}
{{- $fullname := include "common.fullname" $root -}}
{{- $component := dict "root" $root "component" $role -}}
{{- $persistence := $section.persistence -}}
{{- $existingClaim := $persistence.existingClaim | default "" -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $fullname }}-{{ .plural }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "common.componentLabels" $component | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  serviceName: {{ $fullname }}-headless
  # Parallel, because with OrderedReady a pod that never becomes ready blocks the revision which would repair it.
  podManagementPolicy: Parallel
  revisionHistoryLimit: 3
  updateStrategy:
    {{- toYaml $section.updateStrategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "common.componentSelectorLabels" $component | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "common.podLabels" (dict "root" $root "component" $role "extra" $section.podLabels) | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: redis
        {{- include "common.checksum" (dict "root" $root "templates" (list "configmap.yaml" "scripts.yaml")) | nindent 8 }}
        {{- with $section.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- with include "common.imagePullSecrets" $root }}
      {{- . | nindent 6 }}
      {{- end }}
      serviceAccountName: {{ include "common.serviceAccountName" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with $section.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        {{- include "common.podSecurityContext" (dict "root" $root "context" $values.podSecurityContext) | nindent 8 }}
      terminationGracePeriodSeconds: {{ int $section.terminationGracePeriodSeconds }}
      {{- with $section.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $section.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $section.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      # Primary and replicas are counted together: a replica beside its primary is lost with it.
      topologySpreadConstraints:
        {{- include "common.topologySpread" (dict "root" $root "component" "" "constraints" $section.topologySpreadConstraints) | nindent 8 }}
      containers:
        - name: redis
          image: {{ include "common.image" (dict "root" $root "image" $values.image "path" "image") }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          command:
            - /bin/sh
            - /opt/redis/start.sh
            - {{ $role }}
          env:
            - name: POD_NAME
              valueFrom:
                fieldRef:
                  fieldPath: metadata.name
            {{- if $values.auth.enabled }}
            {{- range list "REDIS_PASSWORD" "REDISCLI_AUTH" }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef:
                  name: {{ $values.auth.existingSecret }}
                  key: {{ $values.auth.existingSecretPasswordKey }}
            {{- end }}
            {{- if $values.auth.acl.enabled }}
            - name: REDIS_USERNAME
              value: {{ $values.auth.acl.username | quote }}
            {{- end }}
            {{- end }}
          ports:
            - name: redis
              containerPort: 6379
          {{- $probes := dict "startupProbe" "alive" "livenessProbe" "alive" "readinessProbe" (printf "ready-%s" $role) }}
          {{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
          {{ $probe }}:
            exec:
              command:
                - /bin/sh
                - /opt/redis/probe.sh
                - {{ get $probes $probe }}
                - {{ (get $section $probe).timeoutSeconds | int | quote }}
            {{- range $key, $value := get $section $probe }}
            {{ $key }}: {{ int $value }}
            {{- end }}
          {{- end }}
          {{- if gt (int $section.preStopDelaySeconds) 0 }}
          lifecycle:
            # Endpoints learn of the end of a pod later than the pod does: answer a while longer, then SIGTERM.
            preStop:
              sleep:
                seconds: {{ int $section.preStopDelaySeconds }}
          {{- end }}
          resources:
            {{- toYaml $section.resources | nindent 12 }}
          securityContext:
            {{- include "common.containerSecurityContext" (dict "root" $root "context" $values.containerSecurityContext) | nindent 12 }}
          volumeMounts:
            - name: data
              mountPath: /data
            - name: config
              mountPath: /etc/redis
              readOnly: true
            - name: scripts
              mountPath: /opt/redis
              readOnly: true
            - name: run
              mountPath: /run/redis
            {{- if and $values.auth.enabled $values.auth.acl.enabled }}
            - name: acl
              mountPath: /etc/redis-acl
              readOnly: true
            {{- end }}
        {{- if $values.metrics.enabled }}
        - name: metrics
          image: {{ include "common.image" (dict "root" $root "image" $values.metrics.image "path" "metrics.image") }}
          imagePullPolicy: {{ $values.metrics.image.pullPolicy }}
          env:
            - name: REDIS_ADDR
              value: redis://127.0.0.1:6379
            # Its /scrape?target=… would try our password on any host it is asked to.
            - name: REDIS_EXPORTER_DISABLE_SCRAPE_ENDPOINT
              value: "true"
            {{- if $values.auth.enabled }}
            {{- if $values.auth.acl.enabled }}
            - name: REDIS_USER
              value: {{ $values.auth.acl.username | quote }}
            {{- end }}
            - name: REDIS_PASSWORD
              valueFrom:
                secretKeyRef:
                  name: {{ $values.auth.existingSecret }}
                  key: {{ $values.auth.existingSecretPasswordKey }}
            {{- end }}
          ports:
            - name: metrics
              containerPort: 9121
          # /health speaks of the exporter alone: that Redis is down, redis_up says.
          livenessProbe:
            httpGet:
              path: /health
              port: metrics
            periodSeconds: 20
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet:
              path: /health
              port: metrics
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          resources:
            {{- toYaml $values.metrics.resources | nindent 12 }}
          securityContext:
            {{- include "common.containerSecurityContext" (dict "root" $root "context" $values.containerSecurityContext) | nindent 12 }}
        {{- end }}
      volumes:
        - name: config
          configMap:
            name: {{ $fullname }}-config
            items:
              - key: {{ $role }}.conf
                path: {{ $role }}.conf
        - name: scripts
          configMap:
            name: {{ $fullname }}-scripts
        - name: run
          emptyDir:
            medium: Memory
            sizeLimit: 1Mi
        {{- if and $values.auth.enabled $values.auth.acl.enabled }}
        - name: acl
          secret:
            secretName: {{ $values.auth.acl.existingSecret }}
            defaultMode: 0440
            items:
              - key: {{ $values.auth.acl.existingSecretKey }}
                path: users.acl
        {{- end }}
        {{- if not $persistence.enabled }}
        - name: data
          emptyDir:
            sizeLimit: {{ $persistence.size }}
        {{- else if $existingClaim }}
        - name: data
          persistentVolumeClaim:
            claimName: {{ $existingClaim }}
        {{- end }}
  {{- if and $persistence.enabled (not $existingClaim) }}
  # The data outlives the StatefulSet and a smaller number of pods.
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: Retain
    whenScaled: Retain
  volumeClaimTemplates:
    - apiVersion: v1
      kind: PersistentVolumeClaim
      metadata:
        name: data
        # Only what never changes: a StatefulSet's claim templates cannot be edited.
        labels:
          {{- include "common.componentSelectorLabels" $component | nindent 10 }}
        {{- with $persistence.annotations }}
        annotations:
          {{- toYaml . | nindent 10 }}
        {{- end }}
      spec:
        accessModes:
          {{- toYaml $persistence.accessModes | nindent 10 }}
        {{- with $persistence.storageClass | default (dig "storageClasses" "local" "" ($values.global | default dict)) }}
        storageClassName: {{ . }}
        {{- end }}
        volumeMode: Filesystem
        resources:
          requests:
            storage: {{ $persistence.size }}
  {{- end }}
{{- end -}}
