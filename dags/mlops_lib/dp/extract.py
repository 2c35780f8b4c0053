"""extract_raw_data: which files hold the events of this run.

Nothing is copied. The list that is made here pins every file by its ETag, so the later tasks read the same bytes or say
that they cannot.
"""

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

from mlops_lib.dp.run import Platform, Run
from mlops_lib.errors import EmptyIntervalError
from mlops_lib.logs import logger
from mlops_lib.storage import Object

SUFFIXES = (".parquet", ".csv")
log = logger(__name__)


def extract(platform: Platform, run: Run) -> dict[str, Any]:
    from mlops_lib.transforms import longest_window

    feature_set = run.of(platform)
    if healed := platform.folder(run.feature_set).follow():
        log.warning("latest/ of %s was left half moved; repaired: %s", run.feature_set, ", ".join(healed))

    window = longest_window(feature_set.spec, platform.contract.dialect)
    first = min(run.start, run.as_of - window)
    files: dict[str, list[Object]] = {}
    partitions: dict[str, list[str]] = {}
    for source in feature_set.sources:
        found, used = [], []
        in_interval = 0
        for day in _days(first, run.as_of):
            partition = f"{platform.settings.raw_base}/{source}/dt={day.isoformat()}"
            there = [entry for entry in platform.storage.list(partition) if _is_data(entry)]
            if there:
                found += there
                used.append(f"{partition}/")
                in_interval += len(there) if day >= run.start.astimezone(timezone.utc).date() else 0
        if not in_interval:
            raise EmptyIntervalError(
                f"no events of {source} for {run.feature_set} in {platform.settings.raw_base}/{source}/ from "
                f"dt={run.start.date()} to dt={run.as_of.date()} (data interval {run.start.isoformat()} to "
                f"{run.as_of.isoformat()}): nothing was built, the last version stays"
            )
        files[source], partitions[source] = found, used

    manifest = {
        "files": {
            source: [{"uri": entry.uri, "size": entry.size, "etag": entry.etag} for entry in found]
            for source, found in files.items()
        },
        "partitions": sorted(uri for used in partitions.values() for uri in used),
    }
    uri = f"{run.staging(platform)}/manifest.json"
    platform.storage.write(uri, json.dumps(manifest).encode())
    count = sum(len(found) for found in files.values())
    size = sum(entry.size for found in files.values() for entry in found)
    log.info(
        "%s: %d files, %.1f MB, of %s, for events after %s up to %s",
        run.feature_set, count, size / 1e6, ", ".join(feature_set.sources), first.isoformat(), run.as_of.isoformat(),
    )  # fmt: skip
    return {**run.to_xcom(), "manifest": uri, "files": count, "bytes": size}


def read_manifest(platform: Platform, uri: str) -> tuple[dict[str, list[Object]], list[str]]:
    """Files by source, and the partitions they are in."""
    data = json.loads(platform.storage.read(uri)[0])
    files = {source: [Object(**entry) for entry in found] for source, found in data["files"].items()}
    return files, data["partitions"]


def _days(first: datetime, last: datetime) -> list[date]:
    """Dates of arrival, in UTC. What happened on a day cannot have arrived before it."""
    start, stop = first.astimezone(timezone.utc).date(), last.astimezone(timezone.utc).date()
    return [start + timedelta(days=day) for day in range((stop - start).days + 1)]


def _is_data(entry: Object) -> bool:
    """Names that begin with _ or . are markers of those who write, in every tool that reads such folders."""
    name = entry.uri.rsplit("/", 1)[1]
    return entry.size > 0 and name.endswith(SUFFIXES) and not name.startswith(("_", "."))
