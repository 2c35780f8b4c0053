"""summarize_run: what was stored, said once for people (log, XCom) and once for Prometheus (Pushgateway)."""

from datetime import datetime
from typing import Any

from mlops_lib import metrics
from mlops_lib.dp.run import Platform
from mlops_lib.errors import PipelineError, VersionError
from mlops_lib.logs import logger

log = logger(__name__)


def summarize(platform: Platform, stored: dict[str, Any]) -> dict[str, Any]:
    folder = platform.folder(stored["feature_set"])
    version = folder.version(stored["version"])
    if version is None:
        raise VersionError(f"{folder.uri}/{stored['version']}/ is not complete")
    if "staging" in stored:
        _clean_up(platform, stored["staging"])
    profile = version.metadata["profile"]
    current = folder.current()
    summary = {
        "feature_set": stored["feature_set"],
        "prefix": f"{folder.uri}/{version.name}/",
        "version": version.name,
        "uri": version.metadata["feature_uri"],
        "row_count": version.metadata["row_count"],
        "as_of": version.metadata["as_of"],
        "latest": current.name if current else None,
    }
    log.info(
        "%(feature_set)s: %(row_count)d rows as of %(as_of)s in %(prefix)s, table %(uri)s, latest/ is %(latest)s",
        summary,
    )
    if current is None or current.name != version.name:
        # Freshness, nulls and drift are those of latest/; a run of the past says nothing about them.
        log.info("%s is not what latest/ names: no metrics of it", version.name)
        return summary
    report = metrics.Report(
        feature_set=stored["feature_set"],
        rows=version.metadata["row_count"],
        null_ratio={name: column["null_ratio"] for name, column in profile.items()},
        drift=stored.get("drift", {}),
        stored_at=datetime.fromisoformat(version.metadata["generated_at"]).timestamp(),
    )
    metrics.push(platform.settings.pushgateway_url, report)
    return summary


def _clean_up(platform: Platform, staging: str) -> None:
    """The version is stored; what was staged is only in the way. A lifecycle rule takes what stays behind."""
    try:
        for entry in list(platform.storage.list(staging)):
            platform.storage.delete(entry.uri)
    except PipelineError as error:
        log.warning("%s was not removed: %s", staging, error)
