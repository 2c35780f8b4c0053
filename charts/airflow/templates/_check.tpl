{{/* What values.schema.json cannot say. All mistakes at once: one message, one line each. */}}
{{- define "airflow.check" -}}
{{- $problems := concat
      (include "airflow.checkUpstream" . | fromYamlArray)
      (include "airflow.checkConfig" . | fromYamlArray)
      (include "airflow.checkEnvironment" . | fromYamlArray)
      (include "airflow.checkGit" . | fromYamlArray)
      (include "airflow.checkLogs" . | fromYamlArray)
      (include "airflow.checkCredentials" . | fromYamlArray)
      (include "airflow.checkMounts" . | fromYamlArray)
      (include "airflow.checkScale" . | fromYamlArray) -}}
{{- if $problems -}}
{{- fail (printf "\n%s" (join "\n" $problems)) -}}
{{- end -}}
{{- end -}}

{{/* The keys of files/upstream.yaml that are set. A key that is only switched off does no harm. */}}
{{- define "airflow.checkUpstream" -}}
{{- $values := .Values -}}
{{- range .Files.Get "files/upstream.yaml" | fromYamlArray -}}
{{- $found := $values -}}
{{- range $step := splitList "." .key -}}
{{- $found = kindIs "map" $found | ternary (get (kindIs "map" $found | ternary $found dict) $step) "" -}}
{{- end -}}
{{- $off := eq (toString (dig "enabled" "" (kindIs "map" $found | ternary $found dict))) "false" -}}
{{- if and (not (empty $found)) (not $off) }}
- {{ printf "%s: %s" .key .write | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "airflow.checkConfig" -}}
{{- $secret := dict
      "core.fernet_key" "fernetKeySecretName" "api.secret_key" "apiSecretKeySecretName" "webserver.secret_key" "apiSecretKeySecretName"
      "api_auth.jwt_secret" "jwtSecretName" "database.sql_alchemy_conn" "data.metadataSecretName" -}}
{{- $derived := dict
      "core.executor" "executor" "core.dags_folder" "dags.gitSync.subPath, or dags.mountPath" "core.execution_api_server_url" "apiServer.service.port"
      "kubernetes_executor.namespace" "the destination of the Application" "kubernetes_executor.pod_template_file" "workers"
      "logging.base_log_folder" "logs.persistence" "metrics.statsd_host" "statsd.enabled" -}}
{{- range $section, $options := .Values.config -}}
{{- if or (hasPrefix "AIRFLOW__" $section) (contains "__" $section) -}}
{{- $parts := splitList "__" $section -}}
{{- $value := kindIs "map" $options | ternary (get (kindIs "map" $options | ternary $options dict) "value") $options | toString -}}
{{- $advice := "write env: [{name: …, value: …}]" -}}
{{- if eq (len $parts) 3 -}}
{{- $advice = printf "write config.%s.%s: %q, or env: [{name: %s, value: %q}]" (index $parts 1 | lower) (index $parts 2 | lower) $value $section $value -}}
{{- end }}
- {{ printf "config.%s: config holds sections of airflow.cfg, and Airflow would ignore this one; %s" $section $advice | toJson }}
{{- else if not (kindIs "map" $options) }}
- {{ printf "config.%s: config holds sections of airflow.cfg, each with its options; write config.<section>.%s: %q" $section $section (toString $options) | toJson }}
{{- else -}}
{{- range $name, $value := $options -}}
{{- $path := printf "%s.%s" $section $name -}}
{{- if hasPrefix "AIRFLOW__" $name -}}
{{- $parts := splitList "__" $name }}
- {{ printf "config.%s: the name of an option stands here, not that of a variable; write config.%s.%s" $path (gt (len $parts) 1 | ternary (index (append $parts "") 1 | lower) $section) (last $parts | lower) | toJson }}
{{- else if or (kindIs "map" $value) (kindIs "slice" $value) }}
- {{ printf "config.%s: an option of airflow.cfg is text or a number; write JSON as text if Airflow expects some" $path | toJson }}
{{- else if hasKey $secret $path }}
- {{ printf "config.%s: a secret does not belong into git; put it into a Secret and name that in %s" $path (get $secret $path) | toJson }}
{{- else if hasKey $derived $path }}
- {{ printf "config.%s: the chart sets this from %s" $path (get $derived $path) | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $manager := dig "core" "auth_manager" "FabAuthManager" .Values.config | toString -}}
{{- if and .Values.createUserJob.enabled (not (hasSuffix "FabAuthManager" $manager)) }}
- {{ printf "config.core.auth_manager is %s, and createUserJob makes users of the FAB auth manager: write createUserJob.enabled: false" $manager | toJson }}
{{- end -}}
{{- $logging := dig "logging" dict .Values.config -}}
{{- if and (include "airflow.remoteLogging" .) (not (get $logging "remote_base_log_folder")) }}
- {{ "config.logging.remote_base_log_folder is empty: with remote_logging, write where logs go, such as s3://bucket/airflow" | toJson }}
{{- end -}}
{{- end -}}

{{- define "airflow.checkEnvironment" -}}
{{- $secret := dict
      "AIRFLOW__CORE__FERNET_KEY" "fernetKeySecretName" "AIRFLOW__API__SECRET_KEY" "apiSecretKeySecretName" "AIRFLOW__WEBSERVER__SECRET_KEY" "apiSecretKeySecretName"
      "AIRFLOW__API_AUTH__JWT_SECRET" "jwtSecretName" "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" "data.metadataSecretName"
      "AWS_SECRET_ACCESS_KEY" "aws.existingSecret" "AWS_ACCESS_KEY_ID" "aws.existingSecret" -}}
{{- $root := . -}}
{{- $extra := include "airflow.list" (dict "root" . "value" .Values.extraEnv) | fromYamlArray -}}
{{- if and $extra (kindIs "string" (first $extra)) }}
- {{ "extraEnv: a list is expected, as text: extraEnv: |\n  - name: X\n    value: x" | toJson }}
{{- $extra = list -}}
{{- end -}}
{{- $lists := dict "env" .Values.env "extraEnv" $extra -}}
{{- range list "apiServer" "scheduler" "dagProcessor" "triggerer" "workers" -}}
{{- $_ := set $lists (printf "%s.env" .) (get $root.Values . | dig "env" list) -}}
{{- end -}}
{{- range $path, $list := $lists -}}
{{- range $list -}}
{{- if and (hasKey $secret .name) (hasKey . "value") }}
- {{ printf "%s: %s is a secret and does not belong into git; put it into a Secret and name that in %s" $path .name (get $secret .name) | toJson }}
{{- else if eq .name "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE" }}
- {{ printf "%s: %s: the chart writes the template; change it by workers" $path .name | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "airflow.checkGit" -}}
{{- $git := .Values.dags.gitSync -}}
{{- if $git.enabled -}}
{{- if include "airflow.gitOverSsh" . -}}
{{- if not $git.sshKeySecret }}
- {{ printf "dags.gitSync.sshKeySecret is empty, and %s is reached over SSH: name the Secret with the private key under gitSshKey" $git.repo | toJson }}
{{- end -}}
{{- if not (or $git.knownHosts $git.knownHostsKey) }}
- {{ "dags.gitSync.knownHosts is empty: over SSH, a server nobody knows could send any code. Write the output of `ssh-keyscan HOST`, compared with what the server's owner publishes, or put it into the Secret of sshKeySecret and write dags.gitSync.knownHostsKey: known_hosts" | toJson }}
{{- end -}}
{{- else if $git.sshKeySecret }}
- {{ printf "dags.gitSync.sshKeySecret is set, and %s is not reached over SSH: write git@HOST:GROUP/NAME.git, or remove the key and use credentialsSecret" $git.repo | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "airflow.checkLogs" -}}
{{- $logs := .Values.logs.persistence -}}
{{- if $logs.enabled -}}
{{- if not $logs.existingClaim }}
- {{ "logs.persistence.existingClaim is empty: claims are made by the Application storage (envs/<env>/storage/values.yaml), so that logs outlive Airflow; name the one that is there" | toJson }}
{{- end -}}
{{- if ne $logs.accessMode "ReadWriteMany" }}
- {{ printf "logs.persistence.accessMode is %s, and API server, scheduler, DAG processor, triggerer and every task pod write or read the volume on different nodes: use a ReadWriteMany claim, or switch logs.persistence off and set config.logging.remote_logging" $logs.accessMode | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "airflow.checkCredentials" -}}
{{- $root := . -}}
{{- if eq .Values.aws.credentials "secret" -}}
{{- if not .Values.aws.existingSecret }}
- {{ "aws.existingSecret is empty: name the Secret with the shared credentials file, or write aws.credentials: serviceAccount" | toJson }}
{{- end -}}
{{- range list "apiServer" "scheduler" "dagProcessor" "triggerer" "workers" -}}
{{- if get (get $root.Values . | dig "serviceAccount" "annotations" dict) "eks.amazonaws.com/role-arn" }}
- {{ printf "%s.serviceAccount.annotations names a role and aws.credentials is \"secret\": with both, not everybody uses the same. Write aws.credentials: serviceAccount, or remove the annotation" . | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
What tasks find must not depend on where their code runs: a mount that workers have and the DAG processor has not, or the
other way round, breaks in one of them only.
*/}}
{{- define "airflow.checkMounts" -}}
{{- $root := . -}}
{{- $ours := list "/opt/airflow/feature-store" "/opt/airflow/.aws" "/opt/airflow/secrets/slack" -}}
{{- range $path := $ours -}}
{{- $with := list -}}
{{- $without := list -}}
{{- range $key := list "scheduler" "dagProcessor" "workers" -}}
{{- $has := false -}}
{{- range get $root.Values $key | dig "extraVolumeMounts" list -}}
{{- if eq (trimSuffix "/" .mountPath) $path -}}{{- $has = true -}}{{- end -}}
{{- end -}}
{{- if $has -}}{{- $with = append $with $key -}}{{- else -}}{{- $without = append $without $key -}}{{- end -}}
{{- end -}}
{{- if and $with $without }}
- {{ printf "%s.extraVolumeMounts mounts %s and %s does not: code that is parsed in one and runs in the other would find different files. Mount it in all of scheduler, dagProcessor and workers, or in none, and let the chart do it" (join ", " $with) $path (join ", " $without) | toJson }}
{{- end -}}
{{- end -}}
{{- range $key := list "apiServer" "scheduler" "dagProcessor" "triggerer" "workers" -}}
{{- range concat $root.Values.volumes (get $root.Values $key | dig "extraVolumes" list) -}}
{{- if has .name (list "config" "tmp" "logs" "pod-template" "dags" "git-tmp" "git-ssh" "contract" "slack" "aws") }}
- {{ printf "%s.extraVolumes: %s is the name of a volume of the chart: choose another" $key .name | toJson }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "airflow.checkScale" -}}
{{- $api := .Values.apiServer -}}
{{- if and $api.hpa.enabled (gt (int $api.hpa.minReplicaCount) (int $api.hpa.maxReplicaCount)) }}
- {{ printf "apiServer.hpa.minReplicaCount (%d) is greater than apiServer.hpa.maxReplicaCount (%d)" (int $api.hpa.minReplicaCount) (int $api.hpa.maxReplicaCount) | toJson }}
{{- end -}}
{{- if and $api.hpa.enabled (not (dig "requests" "cpu" "" ($api.resources | default dict))) }}
- {{ "apiServer.resources.requests.cpu is empty: the autoscaler measures in percent of it" | toJson }}
{{- end -}}
{{- if gt (len .Values.ingress.apiServer.hosts) 1 }}
- {{ "ingress.apiServer.hosts names several hosts: Airflow builds its links for one (api.base_url). Keep one, and let the others redirect" | toJson }}
{{- end -}}
{{- if not (semverCompare ">=3.3.0-0" .Values.airflowVersion) }}
- {{ printf "airflowVersion is %s: this chart is for Airflow 3.3 and newer, whose tasks talk to the API server" .Values.airflowVersion | toJson }}
{{- end -}}
{{- end -}}
