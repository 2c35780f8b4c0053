"""What a run reports to the Pushgateway. One that is down is logged and fails nothing: the features are stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops_lib.logs import logger

JOB = "data_pipeline"
log = logger(__name__)


@dataclass(frozen=True)
class Report:
    """What is known of a run. None: not known, and what was pushed before stays."""

    feature_set: str
    rows: int | None = None
    null_ratio: Mapping[str, float] = field(default_factory=dict)
    drift: Mapping[str, float] = field(default_factory=dict)
    stored_at: float | None = None


def push(url: str | None, report: Report) -> bool:
    """Replaces the metrics that are given; a refused run keeps the last success as it was."""
    if not url:
        log.info("no Pushgateway is set (MLOPS_PUSHGATEWAY_URL): no metrics of %s", report.feature_set)
        return False
    from prometheus_client import CollectorRegistry, Gauge, pushadd_to_gateway

    registry = CollectorRegistry()

    def gauge(name: str, text: str, values: Mapping[str, float]) -> None:
        if values:
            metric = Gauge(name, text, ["feature_set", "feature"], registry=registry)
            for feature, value in values.items():
                metric.labels(report.feature_set, feature).set(value)

    def single(name: str, text: str, value: float | None) -> None:
        if value is not None:
            Gauge(name, text, ["feature_set"], registry=registry).labels(report.feature_set).set(value)

    gauge("feature_set_null_ratio", "Share of nulls in the last run that was measured", report.null_ratio)
    gauge("feature_set_drift_psi", "PSI against the last accepted version", report.drift)
    single("feature_set_rows", "Rows of the last run that was measured", report.rows)
    single("feature_set_last_success_timestamp_seconds", "When latest/ was stored", report.stored_at)
    try:
        pushadd_to_gateway(url, JOB, registry, grouping_key={"feature_set": report.feature_set}, timeout=10)
    except (OSError, ValueError) as error:
        log.warning("metrics of %s were not pushed to %s: %s", report.feature_set, url, error)
        return False
    return True
