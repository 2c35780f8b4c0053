"""What the dashboards show. On top what is true now, below how it came to that.

`$ns_feast` and the like are the namespaces of the environment. Prometheus of an environment has no series of another.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .model import BAD, OK, WARN, Dashboard, Panel, Row, above, bars, below, graph, stat, table, variable

FEAST = 'namespace="$ns_feast"'
ONLINE = f'{FEAST}, endpoint="/get-online-features"'
REDIS = 'namespace="$ns_redis"'
AIRFLOW = 'namespace="$ns_airflow"'
APPS = 'project=~"(.*-)?$environment|platform"'
HOUR = 3600
REDIS_READ = "feast_feature_server_online_store_read_duration_seconds_bucket"
RESTARTS = "kube_pod_container_status_restarts_total"
CPU = "namespace_pod:container_cpu_usage:rate5m"
MEMORY = "namespace_pod:container_memory_working_set:bytes"
LAST_SUCCESS = "feature_set_last_success_timestamp_seconds"
VOLUMES = "namespace_persistentvolumeclaim:kubelet_volume_used:percent"
NO_DATA_IS_ZERO = " or vector(0)"
AGE = "time() - max by (feature_set) (feature_set_last_success_timestamp_seconds)"


def rate(metric: str, labels: str, by: str = "", span: str = "$__rate_interval") -> str:
    """Per second, over all series or one for each value of the labels in `by`."""
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{{{labels}}}[{span}]))"


def mean(histogram: str, labels: str, by: str = "", span: str = "$__rate_interval") -> str:
    """What one observation of a histogram was like."""
    return f"{rate(histogram + '_sum', labels, by, span)} / {rate(histogram + '_count', labels, by, span)}"


def largest(metric: str, labels: str, by: str) -> str:
    """One series for each value of the labels in `by`, whoever scraped it."""
    return f"max by ({by}) ({metric}{{{labels}}})"


def count(metric: str, labels: str) -> str:
    """How many series there are; none is zero."""
    return f"count({metric}{{{labels}}}){NO_DATA_IS_ZERO}"


def latency(quantile: float, span: str = "$__rate_interval") -> str:
    """A quantile of the time that online feature requests take."""
    buckets = f"rate(feast_feature_server_request_latency_seconds_bucket{{{ONLINE}}}[{span}])"
    return f"histogram_quantile({quantile}, sum by (le) ({buckets}))"


def requests(more: str = "", by: str = "", span: str = "$__rate_interval") -> str:
    """Requests to the feature server, per second."""
    return f"sum{by} (rate(feast_feature_server_request_total{{{FEAST}{more}}}[{span}]))"


def failed(span: str) -> str:
    """Percent of the requests that end in an error; none yet is zero."""
    errors = requests(', status="error"', span=span)
    return f"100 * ({errors}{NO_DATA_IS_ZERO}) / {requests(span=span)}"


def misses(span: str = "$__rate_interval") -> str:
    """Percent of the lookups in Redis that find no entity."""
    lost = f"sum(rate(redis_keyspace_misses_total{{{REDIS}}}[{span}]))"
    found = f"sum(rate(redis_keyspace_hits_total{{{REDIS}}}[{span}]))"
    return f"100 * {lost} / ({lost} + {found})"


def overview() -> Dashboard:
    """The page to open first."""
    return Dashboard(
        "platform-overview",
        "Feature platform overview",
        "Whether features are fresh, served and right, and what is wrong if not.",
        (
            Row(
                "Now",
                (
                    stat(
                        "Critical alerts",
                        'count(ALERTS{alertstate="firing", severity="critical"})' + NO_DATA_IS_ZERO,
                        steps=((None, OK), (1, BAD)),
                    ),
                    stat(
                        "Warnings",
                        'count(ALERTS{alertstate="firing", severity="warning"})' + NO_DATA_IS_ZERO,
                        steps=above(1),
                    ),
                    stat(
                        "Oldest feature set",
                        f"max({AGE})",
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("FeatureSetStale", "PipelineRunLate"),
                        dashboard="feature-store",
                    ),
                    stat(
                        "Requests answered (1 h)",
                        "100 * (1 - slo:feature_server_errors:ratio_rate1h)",
                        "percent",
                        steps=below(99, 99.5),
                        decimals=2,
                        alerts=("FeastAvailabilityBudgetBurn",),
                        dashboard="feast-server",
                    ),
                    stat(
                        "Online features, p95",
                        latency(0.95, "5m"),
                        "s",
                        steps=above(0.1, 0.25),
                        alerts=("FeastLatencyHigh", "FeastLatencyBudgetBurn"),
                        dashboard="feast-server",
                    ),
                    stat(
                        "Redis memory",
                        f"100 * max(redis_memory_used_bytes{{{REDIS}}} / (redis_memory_max_bytes{{{REDIS}}} > 0))",
                        "percent",
                        steps=above(85, 95),
                        alerts=("RedisMemoryHigh",),
                        dashboard="redis",
                    ),
                ),
            ),
            Row(
                "What is wrong",
                (
                    table(
                        "Firing alerts",
                        'ALERTS{alertstate="firing", alertname!="Watchdog"}',
                        {
                            "alertname": "Alert",
                            "severity": "Severity",
                            "service": "Service",
                            "namespace": "Namespace",
                            "pod": "Pod",
                        },
                        width=14,
                        description="The page of an alert is its name in the list of runbooks, linked above.",
                    ),
                    graph(
                        "Targets that are down",
                        {"{{job}}": "sum by (job) (up == bool 0)"},
                        width=10,
                        steps=above(1),
                        alerts=("TargetDown",),
                        dashboard="kubernetes",
                    ),
                ),
            ),
            Row(
                "Trends",
                (
                    graph("Age of feature sets", {"{{feature_set}}": AGE}, "s", width=8, dashboard="feature-store"),
                    graph(
                        "Requests",
                        {"answered": requests(', status="success"'), "failed": requests(', status="error"')},
                        "reqps",
                        width=8,
                        dashboard="feast-server",
                    ),
                    graph(
                        "Entities that Redis does not have",
                        {"unknown": misses()},
                        "percent",
                        width=8,
                        dashboard="redis",
                    ),
                    graph(
                        "Tasks of Airflow",
                        {
                            "succeeded": f"sum(increase(airflow_ti_successes{{{AIRFLOW}}}[1h]))",
                            "failed": f"sum(increase(airflow_ti_failures{{{AIRFLOW}}}[1h]))",
                        },
                        width=8,
                        dashboard="airflow",
                        description="In the hour before.",
                    ),
                    graph(
                        "Applications that are not as git says",
                        {
                            "not synced": count("argocd_app_info", f'{APPS}, sync_status!="Synced"'),
                            "not healthy": count("argocd_app_info", f'{APPS}, health_status!="Healthy"'),
                        },
                        width=8,
                        dashboard="argocd",
                    ),
                    graph(
                        "Volumes",
                        {"{{namespace}}/{{persistentvolumeclaim}}": f"topk(5, {VOLUMES})"},
                        "percent",
                        width=8,
                        maximum=100,
                        steps=above(85, 95),
                        alerts=("VolumeAlmostFull", "VolumeFillingUp"),
                        dashboard="kubernetes",
                    ),
                ),
            ),
        ),
    )


def feature_store() -> Dashboard:
    """What the pipeline stored, per set."""
    one = 'feature_set=~"$feature_set"'
    return Dashboard(
        "feature-store",
        "Feature store",
        "Freshness, rows, nulls and drift of every FeatureSet, against what the contract allows by default.",
        (
            Row(
                "Now",
                (
                    stat(
                        "Feature sets",
                        f"count(count by (feature_set) (feature_set_rows{{{one}}}))",
                        alerts=("FeatureSetNeverStored",),
                    ),
                    stat(
                        "Oldest set",
                        f"max(time() - feature_set_last_success_timestamp_seconds{{{one}}})",
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("FeatureSetStale",),
                    ),
                    stat(
                        "Most nulls",
                        f"max(feature_set_null_ratio{{{one}}})",
                        "percentunit",
                        steps=above(0.01, 0.05),
                        alerts=("FeatureNullRateHigh",),
                    ),
                    stat(
                        "Largest drift (PSI)",
                        f"max(feature_set_drift_psi{{{one}}})",
                        "none",
                        decimals=3,
                        steps=above(0.1, 0.2),
                        alerts=("FeatureDriftHigh",),
                    ),
                    stat("Rows", f"sum(feature_set_rows{{{one}}})", alerts=("PipelineRowsDropped",)),
                    stat(
                        "Oldest view in Redis",
                        f"max(feast_feature_freshness_seconds{{{FEAST}}})",
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("FeastMaterializationStale", "FeastNeverMaterialized"),
                    ),
                ),
            ),
            Row(
                "Freshness",
                (
                    graph(
                        "Age of the latest version",
                        {"{{feature_set}}": f"time() - {largest(LAST_SUCCESS, one, 'feature_set')}"},
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("FeatureSetStale", "PipelineRunLate"),
                    ),
                    graph(
                        "Age of what is served",
                        {"{{feature_view}}": f"max by (feature_view) (feast_feature_freshness_seconds{{{FEAST}}})"},
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("FeastMaterializationStale",),
                    ),
                ),
            ),
            Row(
                "Quality",
                (
                    graph(
                        "Nulls",
                        {"{{feature_set}}.{{feature}}": largest("feature_set_null_ratio", one, "feature_set, feature")},
                        "percentunit",
                        steps=above(0.01, 0.05),
                        alerts=("FeatureNullRateHigh",),
                    ),
                    graph(
                        "Drift (PSI)",
                        {"{{feature_set}}.{{feature}}": largest("feature_set_drift_psi", one, "feature_set, feature")},
                        "none",
                        steps=above(0.1, 0.2),
                        alerts=("FeatureDriftHigh",),
                        description="Below 0.1 nothing has moved, above 0.2 much has.",
                    ),
                    graph(
                        "Rows",
                        {"{{feature_set}}": f"max by (feature_set) (feature_set_rows{{{one}}})"},
                        alerts=("PipelineRowsDropped",),
                    ),
                    table(
                        "Nulls by feature",
                        f"sort_desc(max by (feature_set, feature) (feature_set_null_ratio{{{one}}}))",
                        {"feature_set": "Set", "feature": "Feature", "Value": "Nulls"},
                        "percentunit",
                        steps=above(0.01, 0.05),
                    ),
                ),
            ),
        ),
        (variable("feature_set", "Feature set", "label_values(feature_set_rows, feature_set)"),),
        "now-7d",
    )


def feast_server() -> Dashboard:
    """The feature server, seen by those who ask it."""
    return Dashboard(
        "feast-server",
        "Feast server",
        "How fast and how right online features are answered, and what the servers need for it.",
        (
            Row(
                "Now",
                (
                    stat("Requests", requests(span="5m"), "reqps"),
                    stat(
                        "Failed",
                        failed("5m"),
                        "percent",
                        decimals=2,
                        steps=above(0.5, 1),
                        alerts=("FeastErrorRateHigh", "FeastAvailabilityBudgetBurn"),
                    ),
                    stat(
                        "Online features, p95",
                        latency(0.95, "5m"),
                        "s",
                        steps=above(0.1, 0.25),
                        alerts=("FeastLatencyHigh", "FeastLatencyBudgetBurn"),
                    ),
                    stat(
                        "Unknown entities",
                        misses("5m"),
                        "percent",
                        decimals=1,
                        steps=above(20, 50),
                        alerts=("FeastNullAnswersHigh",),
                        description="Lookups in Redis that found nothing: every feature of these entities is null.",
                    ),
                    stat(
                        "Servers that are scraped",
                        f'sum(up{{{FEAST}, job="feast"}})',
                        steps=below(1, 2),
                        alerts=("FeastDown", "FeastInstanceDown"),
                    ),
                    stat(
                        "Error budget left (3 d)",
                        "100 * (1 - slo:feature_server_errors:ratio_rate3d / (1 - __slo.availability__ / 100))",
                        "percent",
                        steps=((None, BAD), (0, WARN), (50, OK)),
                        alerts=("FeastAvailabilityBudgetBurn",),
                        description="Of what __slo.availability__ % leaves for three days.",
                    ),
                ),
            ),
            Row(
                "Requests",
                (
                    graph(
                        "Requests by endpoint", {"{{endpoint}}": requests(by=" by (endpoint)")}, "reqps", stacked=True
                    ),
                    graph(
                        "Errors by endpoint",
                        {"{{endpoint}}": requests(', status="error"', " by (endpoint)")},
                        "reqps",
                        alerts=("FeastErrorRateHigh",),
                    ),
                    graph(
                        "Time of online feature requests",
                        {"p50": latency(0.5), "p95": latency(0.95), "p99": latency(0.99)},
                        "s",
                        steps=above(0.1, 0.25),
                        alerts=("FeastLatencyHigh",),
                    ),
                    graph(
                        "Time in Redis",
                        {
                            quantile: f"histogram_quantile({number}, {rate(REDIS_READ, FEAST, 'le')})"
                            for quantile, number in (("p50", 0.5), ("p95", 0.95))
                        },
                        "s",
                        dashboard="redis",
                    ),
                ),
            ),
            Row(
                "Answers",
                (
                    graph(
                        "Unknown entities over time",
                        {"unknown": misses()},
                        "percent",
                        width=8,
                        steps=above(20, 50),
                        alerts=("FeastNullAnswersHigh",),
                    ),
                    graph(
                        "Values by view",
                        {
                            "{{feature_view}} {{status}}": rate(
                                "feast_online_features_status_total", FEAST, "feature_view, status"
                            )
                        },
                        "ops",
                        width=8,
                        description="An entity that Redis does not have counts as present: look at unknown entities.",
                    ),
                    graph(
                        "Entities in a request",
                        {"mean": mean("feast_online_features_entity_count", FEAST)},
                        width=8,
                    ),
                ),
            ),
            Row(
                "Promise",
                (
                    graph(
                        "Budget for errors: burn rate",
                        {
                            span: f"slo:feature_server_errors:ratio_rate{span} / (1 - __slo.availability__ / 100)"
                            for span in ("5m", "1h", "6h", "1d")
                        },
                        "none",
                        steps=above(6, 14.4),
                        alerts=("FeastAvailabilityBudgetBurn",),
                        description="At 1 the budget of 30 days is gone in 30 days, at 14.4 in two.",
                    ),
                    graph(
                        "Budget for slowness: burn rate",
                        {
                            span: f"slo:feature_server_slow:ratio_rate{span} / (1 - __slo.latency__ / 100)"
                            for span in ("5m", "1h", "6h", "1d")
                        },
                        "none",
                        steps=above(6, 14.4),
                        alerts=("FeastLatencyBudgetBurn",),
                    ),
                ),
            ),
            Row(
                "Servers",
                (
                    graph(
                        "CPU",
                        {"{{pod}}": f"{CPU}{{{FEAST}}}"},
                        "short",
                        width=8,
                        description="Cores.",
                    ),
                    graph(
                        "Memory",
                        {"{{pod}}": f"{MEMORY}{{{FEAST}}}"},
                        "bytes",
                        width=8,
                    ),
                    graph(
                        "Pods",
                        {
                            "ready": 'sum(kube_deployment_status_replicas_available{namespace="$ns_feast"})',
                            "wanted": 'sum(kube_deployment_spec_replicas{namespace="$ns_feast"})',
                            "maximum": 'sum(kube_horizontalpodautoscaler_spec_max_replicas{namespace="$ns_feast"})',
                        },
                        width=8,
                        alerts=("KubeHpaMaxed", "KubeDeploymentReplicasMissing"),
                    ),
                ),
            ),
        ),
    )


def airflow() -> Dashboard:
    """Airflow itself; what its pipeline did is on another page."""
    heartbeat = f"airflow_scheduler_heartbeat{{{AIRFLOW}}}"
    return Dashboard(
        "airflow",
        "Airflow",
        "Scheduler, DAG processor, tasks and pools.",
        (
            Row(
                "Now",
                (
                    stat(
                        "Scheduler heartbeats (1 m)",
                        f"sum(increase({heartbeat}[1m]))",
                        steps=below(1, 5),
                        decimals=0,
                        alerts=("AirflowSchedulerHeartbeatMissing",),
                    ),
                    stat(
                        "Files that cannot be imported",
                        f"max(airflow_dag_processing_import_errors{{{AIRFLOW}}})",
                        steps=above(None, 1),
                        alerts=("AirflowDagImportErrors",),
                    ),
                    stat(
                        "Failed tasks (1 h)",
                        f"sum(increase(airflow_ti_failures{{{AIRFLOW}}}[1h])){NO_DATA_IS_ZERO}",
                        decimals=0,
                        steps=above(1, 3),
                        alerts=("AirflowTasksFailing",),
                    ),
                    stat(
                        "Queued tasks",
                        f"sum(airflow_executor_queued_tasks{{{AIRFLOW}}})",
                        steps=above(10, 50),
                        alerts=("AirflowTasksQueued",),
                    ),
                    stat("Running tasks", f"sum(airflow_executor_running_tasks{{{AIRFLOW}}})"),
                    stat("Free slots", f"sum(airflow_pool_open_slots{{{AIRFLOW}}})", steps=below(1, 5)),
                ),
            ),
            Row(
                "Tasks",
                (
                    graph(
                        "Ends of tasks (15 m)",
                        {
                            "succeeded": f"sum(increase(airflow_ti_successes{{{AIRFLOW}}}[15m]))",
                            "failed": f"sum(increase(airflow_ti_failures{{{AIRFLOW}}}[15m]))",
                        },
                        alerts=("AirflowTasksFailing",),
                    ),
                    graph(
                        "Executor",
                        {
                            "queued": f"sum(airflow_executor_queued_tasks{{{AIRFLOW}}})",
                            "running": f"sum(airflow_executor_running_tasks{{{AIRFLOW}}})",
                            "open slots": f"sum(airflow_executor_open_slots{{{AIRFLOW}}})",
                        },
                        alerts=("AirflowTasksQueued",),
                    ),
                    graph(
                        "Mean time of a run, by DAG",
                        {"{{dag_id}}": mean("airflow_dagrun_duration_success", AIRFLOW, "dag_id", "1d")},
                        "s",
                        dashboard="data-pipeline",
                    ),
                    graph(
                        "Pools",
                        {
                            "{{pool_name}} open": f"airflow_pool_open_slots{{{AIRFLOW}}}",
                            "{{pool_name}} running": f"airflow_pool_running_slots{{{AIRFLOW}}}",
                            "{{pool_name}} queued": f"airflow_pool_queued_slots{{{AIRFLOW}}}",
                        },
                    ),
                ),
            ),
            Row(
                "Scheduler and DAG processor",
                (
                    graph(
                        "Heartbeats",
                        {"scheduler": f"60 * sum(rate({heartbeat}[$__rate_interval]))"},
                        "cpm",
                        width=8,
                        alerts=("AirflowSchedulerHeartbeatMissing",),
                    ),
                    graph(
                        "Time to read all DAGs",
                        {"seconds": f"max(airflow_dag_processing_total_parse_time{{{AIRFLOW}}})"},
                        "s",
                        width=8,
                    ),
                    graph(
                        "Import errors",
                        {"files": f"max(airflow_dag_processing_import_errors{{{AIRFLOW}}})"},
                        width=8,
                        steps=above(None, 1),
                        alerts=("AirflowDagImportErrors",),
                    ),
                    graph(
                        "CPU of pods",
                        {"{{pod}}": f"topk(10, {CPU}{{{AIRFLOW}}})"},
                        description="Cores.",
                    ),
                    graph(
                        "Memory of pods",
                        {"{{pod}}": f"topk(10, {MEMORY}{{{AIRFLOW}}})"},
                        "bytes",
                    ),
                ),
            ),
        ),
    )


def redis() -> Dashboard:
    """Redis as the online store."""
    by_pod = f'{REDIS}, pod=~"$pod"'
    return Dashboard(
        "redis",
        "Redis",
        "Memory, load, persistence and replication of the online store.",
        (
            Row(
                "Now",
                (
                    stat("Up", f"min(redis_up{{{by_pod}}})", steps=below(1), alerts=("RedisDown", "RedisAbsent")),
                    stat(
                        "Memory",
                        f"100 * max(redis_memory_used_bytes{{{by_pod}}} / (redis_memory_max_bytes{{{by_pod}}} > 0))",
                        "percent",
                        steps=above(85, 95),
                        alerts=("RedisMemoryHigh", "RedisMemoryNearLimit"),
                    ),
                    stat("Keys", f"max(sum by (pod) (redis_db_keys{{{by_pod}}}))"),
                    stat("Commands", f"sum(rate(redis_commands_processed_total{{{by_pod}}}[5m]))", "ops"),
                    stat(
                        "Evicted keys (1 h)",
                        f"sum(increase(redis_evicted_keys_total{{{by_pod}}}[1h]))",
                        decimals=0,
                        steps=above(1),
                        alerts=("RedisKeysEvicted",),
                    ),
                    stat(
                        "Replicas",
                        f"max(redis_connected_slaves{{{by_pod}}})",
                        alerts=("RedisReplicasMissing", "RedisReplicationBroken"),
                    ),
                ),
            ),
            Row(
                "Memory",
                (
                    graph(
                        "Memory used",
                        {
                            "{{pod}} data": f"redis_memory_used_bytes{{{by_pod}}}",
                            "{{pod}} process": f"redis_memory_used_rss_bytes{{{by_pod}}}",
                            "{{pod}} maxmemory": f"redis_memory_max_bytes{{{by_pod}}} > 0",
                        },
                        "bytes",
                        alerts=("RedisMemoryHigh", "RedisMemoryNearLimit"),
                    ),
                    graph(
                        "Keys by database",
                        {
                            "{{pod}} {{db}}": f"redis_db_keys{{{by_pod}}} > 0",
                            "{{pod}} {{db}} that expire": f"redis_db_keys_expiring{{{by_pod}}} > 0",
                        },
                    ),
                ),
            ),
            Row(
                "Load",
                (
                    graph(
                        "Commands by pod",
                        {"{{pod}}": f"rate(redis_commands_processed_total{{{by_pod}}}[$__rate_interval])"},
                        "ops",
                        width=8,
                    ),
                    graph(
                        "Lookups",
                        {
                            "found": f"sum(rate(redis_keyspace_hits_total{{{by_pod}}}[$__rate_interval]))",
                            "not found": f"sum(rate(redis_keyspace_misses_total{{{by_pod}}}[$__rate_interval]))",
                        },
                        "ops",
                        width=8,
                        alerts=("FeastNullAnswersHigh",),
                    ),
                    graph(
                        "Connections",
                        {
                            "{{pod}}": f"redis_connected_clients{{{by_pod}}}",
                            "{{pod}} limit": f"redis_config_maxclients{{{by_pod}}}",
                        },
                        width=8,
                        alerts=("RedisConnectionsHigh", "RedisConnectionsRejected"),
                    ),
                    graph(
                        "Slowest commands, mean",
                        {
                            "{{cmd}}": f"topk(5, {rate('redis_commands_duration_seconds_total', by_pod, 'cmd')}"
                            f" / {rate('redis_commands_total', by_pod, 'cmd')})"
                        },
                        "s",
                        width=8,
                    ),
                    graph(
                        "Errors",
                        {"{{err}}": f"sum by (err) (rate(redis_errors_total{{{by_pod}}}[$__rate_interval]))"},
                        "ops",
                        width=8,
                        alerts=("RedisWritesRefused",),
                    ),
                    graph(
                        "Evicted and expired keys",
                        {
                            "evicted": f"sum(rate(redis_evicted_keys_total{{{by_pod}}}[$__rate_interval]))",
                            "expired": f"sum(rate(redis_expired_keys_total{{{by_pod}}}[$__rate_interval]))",
                        },
                        "ops",
                        width=8,
                        alerts=("RedisKeysEvicted",),
                    ),
                ),
            ),
            Row(
                "Persistence and replication",
                (
                    graph(
                        "Last writes to disk succeeded",
                        {
                            "{{pod}} append-only file": f"redis_aof_last_write_status{{{by_pod}}}",
                            "{{pod}} rewrite": f"redis_aof_last_bgrewrite_status{{{by_pod}}}",
                            "{{pod}} snapshot": f"redis_rdb_last_bgsave_status{{{by_pod}}}",
                        },
                        "bool",
                        alerts=("RedisAOFFailing", "RedisAOFRewriteFailing", "RedisRDBFailing"),
                    ),
                    graph(
                        "Writes since the last snapshot",
                        {"{{pod}}": f"redis_rdb_changes_since_last_save{{{by_pod}}}"},
                        alerts=("RedisRDBFailing",),
                    ),
                    graph(
                        "Link to the primary",
                        {"{{pod}}": f"redis_master_link_up{{{by_pod}}}"},
                        "bool",
                        alerts=("RedisReplicationBroken",),
                        description="Replicas only.",
                    ),
                    graph(
                        "Distance of replicas",
                        {
                            "{{slave_ip}}": f"redis_master_repl_offset{{{by_pod}}}"
                            f" - on (namespace, pod) group_right redis_connected_slave_offset_bytes{{{by_pod}}}"
                        },
                        "bytes",
                        alerts=("RedisReplicationBroken",),
                    ),
                ),
            ),
        ),
        (variable("pod", "Pod", f"label_values(redis_up{{{REDIS}}}, pod)"),),
    )


def data_pipeline() -> Dashboard:
    """The daily run, from raw events to Redis."""
    return Dashboard(
        "data-pipeline",
        "Data pipeline",
        "The daily run: when, how long, what came out, and whether it reached Redis.",
        (
            Row(
                "Now",
                (
                    stat(
                        "Since the last stored version",
                        f"max({AGE})",
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("PipelineRunLate",),
                    ),
                    stat(
                        "Runs that failed (1 d)",
                        f"sum(increase(airflow_dagrun_duration_failed_count{{{AIRFLOW}}}[1d])){NO_DATA_IS_ZERO}",
                        decimals=0,
                        steps=above(1, 2),
                        alerts=("AirflowTasksFailing",),
                        dashboard="airflow",
                    ),
                    stat("Rows of the last run", "sum(feature_set_rows)", alerts=("PipelineRowsDropped",)),
                    stat(
                        "Rows against three days",
                        "100 * min(max by (feature_set) (feature_set_rows)"
                        " / max by (feature_set) (max_over_time(feature_set_rows[3d] offset 1h)))",
                        "percent",
                        steps=below(50, 80),
                        alerts=("PipelineRowsDropped",),
                    ),
                    stat(
                        "Refused pushes",
                        f"count(push_failure_time_seconds > push_time_seconds){NO_DATA_IS_ZERO}",
                        steps=above(1),
                        alerts=("PipelineMetricsRefused",),
                    ),
                    stat(
                        "Failed Jobs of Feast",
                        f'sum(kube_job_failed{{{FEAST}, condition="true"}}){NO_DATA_IS_ZERO}',
                        steps=above(1),
                        alerts=("KubeJobFailed",),
                    ),
                ),
            ),
            Row(
                "Runs",
                (
                    graph(
                        "Stored versions, age",
                        {"{{feature_set}}": AGE},
                        "s",
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("PipelineRunLate",),
                        dashboard="feature-store",
                    ),
                    graph(
                        "Rows by set",
                        {"{{feature_set}}": "max by (feature_set) (feature_set_rows)"},
                        alerts=("PipelineRowsDropped",),
                        dashboard="feature-store",
                    ),
                    graph(
                        "Mean time of tasks (1 d)",
                        {
                            "{{task_id}}": mean(
                                "airflow_task_duration", f'{AIRFLOW}, dag_id=~"data_pipeline.*"', "task_id", "1d"
                            )
                        },
                        "s",
                        dashboard="airflow",
                    ),
                    graph(
                        "Failed tries (1 h)",
                        {
                            "{{dag_id}} {{task_id}}": (
                                f"{HOUR} * {rate('airflow_ti_failures', AIRFLOW, 'dag_id, task_id', '1h')}"
                            )
                        },
                        alerts=("AirflowTasksFailing",),
                    ),
                ),
            ),
            Row(
                "Into Redis",
                (
                    graph(
                        "Age of views in Redis",
                        {"{{feature_view}}": f"max by (feature_view) (feast_feature_freshness_seconds{{{FEAST}}})"},
                        "s",
                        width=8,
                        steps=above(25 * HOUR, 26 * HOUR),
                        alerts=("FeastMaterializationStale",),
                    ),
                    graph(
                        "Next run of the CronJobs",
                        {"{{cronjob}}": f"kube_cronjob_next_schedule_time{{{FEAST}}} - time()"},
                        "s",
                        width=8,
                        alerts=("KubeCronJobLate",),
                        description="Negative: late.",
                    ),
                    graph(
                        "Last success of the CronJobs",
                        {"{{cronjob}}": f"time() - kube_cronjob_status_last_successful_time{{{FEAST}}}"},
                        "s",
                        width=8,
                        steps=above(25 * HOUR, 50 * HOUR),
                        alerts=("FeastMaterializationStale", "KubeJobFailed"),
                    ),
                ),
            ),
        ),
        (),
        "now-7d",
    )


def kubernetes() -> Dashboard:
    """What carries the platform."""
    chosen = 'namespace=~"$namespace"'
    limited = f'{chosen}, container!=""'
    throttled = rate("container_cpu_cfs_throttled_periods_total", limited, "namespace, pod")
    periods = rate("container_cpu_cfs_periods_total", limited, "namespace, pod")
    return Dashboard(
        "kubernetes",
        "Kubernetes",
        "Pods and volumes of this environment, and what watches them.",
        (
            Row(
                "Now",
                (
                    stat(
                        "Pods not ready",
                        f"count(namespace_pod:kube_pod_unready:info{{{chosen}}}){NO_DATA_IS_ZERO}",
                        steps=above(1, 3),
                        alerts=("KubePodNotReady",),
                    ),
                    stat(
                        "Restarts (1 h)",
                        f"sum(increase({RESTARTS}{{{chosen}}}[1h]))",
                        decimals=0,
                        steps=above(1, 5),
                        alerts=("KubePodCrashLooping", "KubeContainerOOMKilled"),
                    ),
                    stat(
                        "Failed Jobs",
                        f'sum(kube_job_failed{{{chosen}, condition="true"}}){NO_DATA_IS_ZERO}',
                        steps=above(1),
                        alerts=("KubeJobFailed",),
                    ),
                    stat(
                        "Fullest volume",
                        f"max({VOLUMES}{{{chosen}}})",
                        "percent",
                        decimals=0,
                        steps=above(85, 95),
                        alerts=("VolumeAlmostFull",),
                    ),
                    stat(
                        "Nodes not ready",
                        'count(kube_node_status_condition{condition="Ready", status="true"} == 0)' + NO_DATA_IS_ZERO,
                        steps=above(None, 1),
                        alerts=("KubeNodeNotReady",),
                    ),
                    stat(
                        "Targets down",
                        "count(up == 0)" + NO_DATA_IS_ZERO,
                        steps=above(1, 3),
                        alerts=("TargetDown",),
                    ),
                ),
            ),
            Row(
                "Pods",
                (
                    graph(
                        "Pods by phase",
                        {"{{phase}}": f"sum by (phase) (kube_pod_status_phase{{{chosen}}})"},
                        stacked=True,
                        width=8,
                        alerts=("KubePodNotReady",),
                    ),
                    graph(
                        "Restarts of containers (1 h)",
                        {"{{namespace}}/{{pod}}": f"{HOUR} * {rate(RESTARTS, chosen, 'namespace, pod', '1h')} > 0"},
                        width=8,
                        alerts=("KubePodCrashLooping",),
                    ),
                    graph(
                        "Containers that wait",
                        {"{{reason}}": f"sum by (reason) (kube_pod_container_status_waiting_reason{{{chosen}}})"},
                        width=8,
                        alerts=("KubeContainerWaiting",),
                    ),
                    graph(
                        "CPU by namespace",
                        {"{{namespace}}": f"sum by (namespace) ({CPU}{{{chosen}}})"},
                        stacked=True,
                        width=8,
                        description="Cores.",
                    ),
                    graph(
                        "Memory by namespace",
                        {"{{namespace}}": f"sum by (namespace) ({MEMORY}{{{chosen}}})"},
                        "bytes",
                        stacked=True,
                        width=8,
                    ),
                    graph(
                        "Held back by CPU limits",
                        {"{{namespace}}/{{pod}}": f"topk(5, 100 * {throttled} / {periods})"},
                        "percent",
                        width=8,
                        steps=above(50),
                        alerts=("KubeContainerThrottled",),
                    ),
                ),
            ),
            Row(
                "Volumes",
                (
                    bars(
                        "Use of volumes",
                        "{{namespace}}/{{persistentvolumeclaim}}",
                        f"sort_desc({VOLUMES}{{{chosen}}})",
                        "percent",
                        decimals=0,
                        maximum=100,
                        steps=above(85, 95),
                        alerts=("VolumeAlmostFull",),
                    ),
                    graph(
                        "Free space",
                        {
                            "{{namespace}}/{{persistentvolumeclaim}}": largest(
                                "kubelet_volume_stats_available_bytes", chosen, "namespace, persistentvolumeclaim"
                            )
                        },
                        "bytes",
                        alerts=("VolumeFillingUp", "VolumeInodesAlmostFull"),
                    ),
                ),
            ),
            Row(
                "Monitoring",
                (
                    graph(
                        "Size of the history",
                        {
                            "blocks": "max(prometheus_tsdb_storage_blocks_bytes)",
                            "limit": "max(prometheus_tsdb_retention_limit_bytes) > 0",
                        },
                        "bytes",
                        width=8,
                        alerts=("PrometheusHistoryCut",),
                    ),
                    graph("Series in memory", {"series": "max(prometheus_tsdb_head_series)"}, width=8),
                    graph(
                        "Notifications that failed",
                        {
                            "Prometheus": rate("prometheus_notifications_errors_total", ""),
                            "{{integration}}": rate("alertmanager_notifications_failed_total", "", "integration"),
                        },
                        "ops",
                        width=8,
                        alerts=("PrometheusNotificationsFailing", "AlertmanagerNotificationsFailing"),
                    ),
                ),
            ),
        ),
        (variable("namespace", "Namespace", "label_values(kube_pod_info, namespace)"),),
    )


def nodes() -> Dashboard:
    """What all environments stand on; rendered only where node-exporter belongs to."""
    return Dashboard(
        "nodes",
        "Nodes",
        "Load, memory, disks, network and clocks of the nodes.",
        (
            Row(
                "Now",
                (
                    stat("Nodes", "count(node_uname_info)", decimals=0),
                    stat(
                        "Nodes not ready",
                        'count(kube_node_status_condition{condition="Ready", status="true"} == 0)' + NO_DATA_IS_ZERO,
                        steps=above(None, 1),
                        alerts=("KubeNodeNotReady",),
                    ),
                    stat(
                        "Busiest processor",
                        "max(node:node_cpu_used:percent)",
                        "percent",
                        decimals=0,
                        steps=above(80, 95),
                    ),
                    stat(
                        "Fullest memory",
                        "max(node:node_memory_used:percent)",
                        "percent",
                        decimals=0,
                        steps=above(92),
                        alerts=("NodeMemoryHigh",),
                    ),
                    stat(
                        "Fullest disk",
                        "max(node:node_filesystem_used:percent)",
                        "percent",
                        decimals=0,
                        steps=above(80, 90),
                        alerts=("NodeDiskAlmostFull",),
                    ),
                    stat(
                        "Worst clock",
                        "max(abs(node_timex_offset_seconds))",
                        "s",
                        steps=above(0.05),
                        alerts=("NodeClockWrong",),
                    ),
                ),
            ),
            Row(
                "Nodes",
                (
                    graph(
                        "CPU of nodes",
                        {"{{instance}}": "node:node_cpu_used:percent"},
                        "percent",
                        width=8,
                        maximum=100,
                    ),
                    graph(
                        "Memory of nodes",
                        {"{{instance}}": "node:node_memory_used:percent"},
                        "percent",
                        width=8,
                        maximum=100,
                        steps=above(92),
                        alerts=("NodeMemoryHigh",),
                    ),
                    graph(
                        "Disks of nodes",
                        {"{{instance}} {{mountpoint}}": "node:node_filesystem_used:percent"},
                        "percent",
                        width=8,
                        maximum=100,
                        steps=above(80, 90),
                        alerts=("NodeDiskAlmostFull", "NodeDiskFillingUp"),
                    ),
                    graph(
                        "Network of nodes",
                        {
                            "{{instance}} in": rate("node_network_receive_bytes_total", 'device!="lo"', "instance"),
                            "{{instance}} out": rate("node_network_transmit_bytes_total", 'device!="lo"', "instance"),
                        },
                        "Bps",
                        width=8,
                    ),
                    graph(
                        "Clocks of nodes",
                        {"{{instance}}": "node_timex_offset_seconds"},
                        "s",
                        width=8,
                        alerts=("NodeClockWrong",),
                    ),
                    graph(
                        "Pressure on nodes",
                        {
                            "{{node}} {{condition}}": largest(
                                "kube_node_status_condition",
                                'condition=~".+Pressure", status="true"',
                                "node, condition",
                            )
                        },
                        "bool",
                        width=8,
                        alerts=("NodePressure",),
                    ),
                ),
            ),
        ),
    )


def argocd() -> Dashboard:
    """Whether the cluster is what git says."""
    states = ((None, OK), (1, BAD))
    return Dashboard(
        "argocd",
        "Argo CD",
        "Whether the Applications of this environment are synced and healthy.",
        (
            Row(
                "Now",
                (
                    stat("Applications", f"count(argocd_app_info{{{APPS}}})"),
                    stat(
                        "Out of sync",
                        count("argocd_app_info", f'{APPS}, sync_status="OutOfSync"'),
                        steps=above(1),
                        alerts=("ArgoCDAppOutOfSync",),
                    ),
                    stat(
                        "Cannot be rendered",
                        count("argocd_app_info", f'{APPS}, sync_status="Unknown"'),
                        steps=states,
                        alerts=("ArgoCDAppOutOfSync",),
                    ),
                    stat(
                        "Degraded or missing",
                        count("argocd_app_info", f'{APPS}, health_status=~"Degraded|Missing"'),
                        steps=states,
                        alerts=("ArgoCDAppDegraded",),
                    ),
                    stat(
                        "Syncing",
                        count("argocd_app_info", f'{APPS}, operation="sync"'),
                        alerts=("ArgoCDAppSyncStuck",),
                    ),
                    stat(
                        "Failed syncs (1 d)",
                        f'sum(increase(argocd_app_sync_total{{{APPS}, phase=~"Error|Failed"}}[1d])){NO_DATA_IS_ZERO}',
                        decimals=0,
                        steps=above(1),
                        alerts=("ArgoCDAppSyncFailed",),
                    ),
                ),
            ),
            Row(
                "Applications",
                (
                    table(
                        "State of every Application",
                        f"argocd_app_info{{{APPS}}}",
                        {
                            "name": "Application",
                            "project": "Project",
                            "sync_status": "Sync",
                            "health_status": "Health",
                            "operation": "Operation",
                            "dest_namespace": "Namespace",
                        },
                        width=24,
                        height=10,
                        mappings=(
                            ("Synced", "Synced", OK),
                            ("OutOfSync", "OutOfSync", WARN),
                            ("Healthy", "Healthy", OK),
                            ("Degraded", "Degraded", BAD),
                            ("Missing", "Missing", BAD),
                        ),
                    ),
                ),
            ),
            Row(
                "Trends",
                (
                    graph(
                        "Sync states",
                        {"{{sync_status}}": f"count by (sync_status) (argocd_app_info{{{APPS}}})"},
                        stacked=True,
                        width=8,
                        alerts=("ArgoCDAppOutOfSync",),
                    ),
                    graph(
                        "Health",
                        {"{{health_status}}": f"count by (health_status) (argocd_app_info{{{APPS}}})"},
                        stacked=True,
                        width=8,
                        alerts=("ArgoCDAppDegraded",),
                    ),
                    graph(
                        "Ends of syncs (1 h)",
                        {
                            "{{name}} {{phase}}": (
                                f"{HOUR} * {rate('argocd_app_sync_total', APPS, 'name, phase', '1h')} > 0"
                            )
                        },
                        width=8,
                        alerts=("ArgoCDAppSyncFailed",),
                    ),
                ),
            ),
        ),
        (),
        "now-24h",
    )


def panels(board: Dashboard) -> Iterator[Panel]:
    """All panels of a dashboard."""
    for row in board.rows:
        yield from row.panels


def boards() -> tuple[Dashboard, ...]:
    """All dashboards, as the list in Grafana has them."""
    return (
        overview(),
        feature_store(),
        feast_server(),
        airflow(),
        redis(),
        data_pipeline(),
        kubernetes(),
        nodes(),
        argocd(),
    )


def documents(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file with the text it should have."""
    folder = root / "charts" / "kube-prometheus-stack" / "dashboards"
    for board in boards():
        yield folder / f"{board.uid}.json", board.as_json()
