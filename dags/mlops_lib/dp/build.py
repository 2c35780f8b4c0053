"""build_features: the contract's transforms on the raw events, then the contract's checks on what came out.

The table goes to a file of the task first. Only when it has passed everything does it leave the Pod, into the staging
folder from which store_features takes it: what is refused is in S3 nowhere.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mlops_lib import metrics
from mlops_lib.contract import FeatureSet
from mlops_lib.dp import raw
from mlops_lib.dp.checks import Findings, feature_checks
from mlops_lib.dp.extract import read_manifest
from mlops_lib.dp.profile import profile
from mlops_lib.dp.run import Platform, Run
from mlops_lib.errors import DataRefusedError
from mlops_lib.logs import logger
from mlops_lib.storage import Object, sha256
from mlops_lib.versions import PARQUET

log = logger(__name__)


def build(platform: Platform, validated: dict[str, Any], *, accept_drift: bool = False) -> dict[str, Any]:
    run = Run.from_xcom(validated)
    feature_set = run.of(platform)
    files, partitions = read_manifest(platform, validated["manifest"])
    with tempfile.TemporaryDirectory(prefix="build-") as folder:
        path = Path(folder) / PARQUET
        reasons, rows = _write(platform, run, feature_set, files, path)
        checked = _judge(platform, run, feature_set, path, accept_drift=accept_drift)
        reasons += checked["reasons"]
        if reasons:
            error = DataRefusedError(feature_set.name, reasons)
            log.error("%s", error)
            report = metrics.Report(feature_set.name, rows, checked["null_ratio"], checked["drift"])
            metrics.push(platform.settings.pushgateway_url, report)
            raise error
        staging = run.staging(platform)
        digest = sha256(path)
        platform.storage.write(f"{staging}/{PARQUET}", path)
        built = {"profile": checked["profile"], "source": partitions}
        platform.storage.write(f"{staging}/built.json", json.dumps(built).encode())
    log.info("%s: %d rows passed every check", feature_set.name, rows)
    drift = {name: round(value, 6) for name, value in checked["drift"].items()}
    return {**validated, "staging": staging, "rows": rows, "sha256": digest, "drift": drift}


def _write(
    platform: Platform, run: Run, feature_set: FeatureSet, files: Mapping[str, list[Object]], path: Path
) -> tuple[list[str], int]:
    """The features as one file. Gives what the checks found, and the number of rows."""
    schema = feature_set.arrow_schema
    findings = Findings(feature_checks(feature_set), tuple(feature_set.entities))
    previous: tuple[Any, ...] | None = None
    repeated = rows = 0
    # What the file says of itself, wherever it is copied to.
    described = schema.with_metadata(
        {"feature_set": feature_set.name, "as_of": run.as_of.isoformat(), "schema_hash": feature_set.schema_hash}
    )
    with pq.ParquetWriter(path, described, compression="zstd") as writer:
        for batch in _features(platform, run, feature_set, files, path.parent):
            shaped = _without_nan(batch)
            findings.check(shaped)
            keys = list(zip(*(shaped.column(name).to_pylist() for name in feature_set.entities), strict=True))
            # Rows are sorted by key, so a repeated one stands next to its like.
            repeated += sum(1 for left, right in zip([previous, *keys], keys, strict=False) if left == right)
            previous = keys[-1] if keys else previous
            writer.write_batch(shaped.replace_schema_metadata(described.metadata))
            rows += shaped.num_rows
    reasons = findings.reasons()
    if repeated:
        reasons.append(f"{repeated} rows have the key of another row ({', '.join(feature_set.entities)})")
    if not rows:
        reasons.append("the table has no rows")
    return reasons, rows


def _features(
    platform: Platform, run: Run, feature_set: FeatureSet, files: Mapping[str, list[Object]], folder: Path
) -> Iterator[pa.RecordBatch]:
    from mlops_lib.engines import batches, connect, read_events
    from mlops_lib.transforms import build_features

    settings = platform.settings
    # One thread adds floats in one order: the same events give the same bytes, so that running an interval again makes
    # a new version only if something is new.
    engine = connect(settings.engine, settings.memory_limit, folder / "spill", threads=1)
    wanted = raw.columns_of(feature_set)
    if settings.engine == "spark":
        # Its workers read S3 themselves: this task's disk is not theirs.
        tables = {
            source: read_events(engine, [file.uri for file in files[source]], columns.wanted)
            for source, columns in wanted.items()
        }
    else:
        tables = {
            source: engine.read_parquet(_collect(platform, files[source], columns, folder / f"{source}.parquet"))
            for source, columns in wanted.items()
        }
    try:
        features = build_features(tables, feature_set.spec, run.as_of, dialect=feature_set.contract.dialect)
        yield from batches(engine, features, feature_set.arrow_schema, settings.batch_rows)
    finally:
        engine.disconnect()


def _collect(platform: Platform, files: list[Object], columns: raw.Columns, path: Path) -> Path:
    """The needed columns of all files, in one. Written batch by batch; this is the only copy of the events."""
    with pq.ParquetWriter(path, columns.schema, compression="zstd") as writer:
        for file in files:
            for batch in raw.batches(platform.storage, file, columns, platform.settings.batch_rows):
                writer.write_batch(raw.usable(batch, columns))
    return path


def _without_nan(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The contract knows no NaN: it is a null, and counts as one."""
    arrays = [
        pc.if_else(pc.is_finite(column), column, None) if pa.types.is_floating(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _judge(platform: Platform, run: Run, feature_set: FeatureSet, path: Path, *, accept_drift: bool) -> dict[str, Any]:
    """Nulls and drift: what only the whole table can be asked."""
    accepted = platform.folder(feature_set.name).accepted_before(run.as_of)
    reference = accepted.metadata["profile"] if accepted else None
    found, drift, noise = profile(path, feature_set, run.as_of, reference, platform.settings.batch_rows)
    null_ratio = {name: column["null_ratio"] for name, column in found.items()}
    reasons = []
    for name, ratio in null_ratio.items():
        # Of a feature that may not be null, each null was found row by row.
        if feature_set.features[name]["nullable"] and ratio > feature_set.null_threshold:
            reasons.append(
                f"{name} is null in {ratio:.2%} of the rows, null_threshold allows {feature_set.null_threshold:.2%}"
            )
    for name, value in drift.items():
        limit = max(feature_set.drift_threshold, noise[name])
        text = f"{name} has drifted from {accepted.name if accepted else '?'}: PSI {value:.3f}, drift_threshold"
        text += f" allows {feature_set.drift_threshold:g}"
        if value > limit and not accept_drift:
            reasons.append(text)
        elif value > feature_set.drift_threshold:
            why = "accepted by accept_drift" if accept_drift else f"so few rows may give {noise[name]:.3f} by chance"
            log.warning("%s; %s", text, why)
    if accepted is None:
        log.info("%s has no accepted version before %s: drift is not checked", feature_set.name, run.as_of.isoformat())
    return {"reasons": reasons, "profile": found, "drift": drift, "null_ratio": null_ratio}
