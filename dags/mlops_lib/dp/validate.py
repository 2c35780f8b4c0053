"""validate_data: are the raw events what the contract's features can be made of?

Every file is read, in the columns that are needed: is each there, of its type, and does nearly every event have a key
and a time. What a feature's own values must be (ranges, nulls, drift) is seen where they first exist, in
build_features, before anything is stored.
"""

from collections import Counter
from typing import Any

import pyarrow as pa

from mlops_lib.dp import raw
from mlops_lib.dp.checks import Findings, raw_checks
from mlops_lib.dp.extract import read_manifest
from mlops_lib.dp.run import Platform, Run
from mlops_lib.errors import DataRefusedError, EmptyIntervalError
from mlops_lib.logs import logger

# A mistake that is in every file is shown so often.
SHOWN = 5
log = logger(__name__)


def validate(platform: Platform, extracted: dict[str, Any]) -> dict[str, Any]:
    run = Run.from_xcom(extracted)
    feature_set = run.of(platform)
    files, _ = read_manifest(platform, extracted["manifest"])
    start, end = pa.scalar(run.start, raw.INSTANT), pa.scalar(run.end, raw.INSTANT)
    reasons: list[str] = []
    empty: list[str] = []
    events = 0

    for source, columns in raw.columns_of(feature_set).items():
        findings = Findings(raw_checks(columns), columns.entities)
        lacking: Counter[str] = Counter()
        broken: list[str] = []
        rows = in_interval = 0
        for file in files[source]:
            try:
                for batch in raw.batches(platform.storage, file, columns, platform.settings.batch_rows):
                    findings.check(batch)
                    rows += batch.num_rows
                    lacking.update(raw.without_key(batch, columns))
                    in_interval += raw.within(raw.usable(batch, columns), columns, start, end)
            except raw.RawDataError as error:
                broken.append(str(error))
        if len(broken) > SHOWN:
            broken[SHOWN:] = [f"and {len(broken) - SHOWN} more files of {source}"]
        reasons += broken
        reasons += [f"{source}: {reason}" for reason in findings.reasons()]
        for column, count in lacking.items():
            if rows and count / rows > feature_set.null_threshold:
                reasons.append(
                    f"{source}: {count / rows:.2%} of the events have no {column}, "
                    f"null_threshold allows {feature_set.null_threshold:.2%}"
                )
            elif count:
                log.warning("%s: %d of %d events have no %s and are left out", source, count, rows, column)
        if not in_interval:
            empty.append(source)
        events += rows
        log.info("%s: %d events, %d of them in the data interval", source, rows, in_interval)

    if reasons:
        refused = DataRefusedError(feature_set.name, reasons)
        log.error("%s", refused)
        raise refused
    if empty:
        raise EmptyIntervalError(
            f"files of {', '.join(empty)} are there, but hold no event for {feature_set.name} after "
            f"{run.start.isoformat()} up to {run.end.isoformat()}: nothing was built, the last version stays"
        )
    return {**extracted, "events": events}
