"""store_features: what build_features has staged becomes a version, and latest/ moves to it.

Every step may be repeated: after a task that died anywhere, the retry finds what is there, by content, and goes on.
"""

import json
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet as pq

from mlops_lib.contract import FeatureSet
from mlops_lib.dp.run import Platform, Run
from mlops_lib.errors import ConflictError, StorageError, VersionError
from mlops_lib.logs import logger
from mlops_lib.storage import sha256
from mlops_lib.versions import (
    CSV,
    DIGEST_KEY,
    FILES,
    METADATA,
    PARQUET,
    SCHEMA,
    FeatureSetFolder,
    Version,
    stamp,
)

# A schedule of cron has no seconds, so an interval has this many names for the results of running it again.
REVISIONS = 60
log = logger(__name__)


def store(platform: Platform, built: dict[str, Any]) -> dict[str, Any]:
    feature_set = platform.contract.feature_set(built["feature_set"])
    folder = platform.folder(feature_set.name)
    with tempfile.TemporaryDirectory(prefix="store-") as scratch:
        files = _files(platform, built, feature_set, Path(scratch))
        version = _write_version(platform, built, feature_set, folder, files)
    moved = folder.point(version, lambda current: current.as_of <= version.as_of)
    if moved:
        log.info("latest/ of %s is %s", feature_set.name, version.name)
    else:
        log.info("%s of %s is stored; latest/ stays, it is of a later moment", version.name, feature_set.name)
    # What was staged stays until this task is known to be done: a retry would need it.
    return {**built, "version": version.name, "uri": version.metadata["feature_uri"], "latest": moved}


def _files(platform: Platform, built: dict[str, Any], feature_set: FeatureSet, scratch: Path) -> dict[str, Path]:
    parquet, csv, schema = scratch / PARQUET, scratch / CSV, scratch / SCHEMA
    staged = f"{built['staging']}/{PARQUET}"
    try:
        found = platform.storage.download(staged, parquet)
    except FileNotFoundError as error:
        raise VersionError(f"{staged} is gone: clear build_features to make it again") from error
    if found != built["sha256"]:
        raise VersionError(f"{staged} is not what build_features has checked: clear build_features to make it again")
    table = pq.ParquetFile(parquet)
    with pyarrow.csv.CSVWriter(csv, table.schema_arrow) as writer:
        for batch in table.iter_batches(batch_size=platform.settings.batch_rows):
            writer.write_batch(batch)
    schema.write_bytes(feature_set.schema_file)
    return {PARQUET: parquet, CSV: csv, SCHEMA: schema}


def _write_version(
    platform: Platform, built: dict[str, Any], feature_set: FeatureSet, folder: FeatureSetFolder, files: dict[str, Path]
) -> Version:
    """The version with these files: found, completed or made. Nothing that is there is ever overwritten.

    Its name is the end of the data interval, so a retry gets the same one. Where that is taken by other content (the
    interval was run again, with events that came late), the next second is the name.
    """
    run = Run.from_xcom(built)
    digests: dict[str, dict[str, Any]] = {
        name: {"sha256": sha256(path), "size": path.stat().st_size} for name, path in files.items()
    }
    details = json.loads(platform.storage.read(f"{built['staging']}/built.json")[0])
    zone = platform.settings.time_zone
    for revision in range(REVISIONS):
        name = stamp(run.as_of.astimezone(zone) + timedelta(seconds=revision))
        there = folder.version(name)
        if there is None:
            if not all(_put(folder, name, file, files[file], digests[file]["sha256"]) for file in FILES):
                log.warning("%s of %s was begun with other content; the next second is taken", name, feature_set.name)
                continue
            raw = platform.contract.metadata(
                feature_set=feature_set.name,
                version=name,
                schema_hash=feature_set.schema_hash,
                contract_hash=platform.contract.hash,
                feature_uri=folder.at(name, PARQUET),
                as_of=run.as_of.isoformat(),
                generated_at=datetime.now(zone).isoformat(timespec="seconds"),
                source=details["source"],
                pipeline={"dag_id": run.dag_id, "run_id": run.run_id},
                row_count=built["rows"],
                files=digests,
                profile=details["profile"],
            )
            try:
                platform.storage.write(folder.at(name, METADATA), raw, absent=True)
                log.info("%s of %s is complete: %d rows", name, feature_set.name, built["rows"])
                return Version(folder.at(name, METADATA), raw)
            except ConflictError:
                # Written by another run at the same time, or by us in a request whose answer was lost.
                there = folder.version(name)
        if there and there.metadata["files"] == digests and there.as_of == run.as_of:
            log.info("%s of %s is already there", name, feature_set.name)
            return there
    raise StorageError(f"{feature_set.name} has {REVISIONS} versions of {run.as_of.isoformat()} already")


def _put(folder: FeatureSetFolder, name: str, file: str, path: Path, digest: str) -> bool:
    """Create an object of a version. False if there is another one."""
    uri = folder.at(name, file)
    try:
        folder.storage.write(uri, path, absent=True, metadata={DIGEST_KEY: digest})
    except ConflictError:
        there = folder.storage.head(uri)
        return there is not None and there.metadata.get(DIGEST_KEY) == digest
    return True
