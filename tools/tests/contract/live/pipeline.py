"""One run of the data pipeline, by the library of the DAGs, with the settings of the environment it is started in.

Started with the Python of `.cache/dags`. Prints a line of JSON for each set: what was stored, and the row of one user.
Its argument is the end of the data interval.
"""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from datetime import datetime
from urllib.parse import urlsplit

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import support
from botocore.exceptions import ClientError
from mlops_lib.dp.run import Platform, Run

USER = "u00001"


def raw_events(platform: Platform, end: datetime) -> None:
    """Events of the last weeks and of the day after, once: for the first run and the next."""
    base = platform.settings.raw_base
    if any(True for _ in platform.storage.list(f"{base}/online_events")):
        return
    table = support.events(days=33, end=end + support.DAY)
    orders = [f"o{at}" if at % 3 else None for at in range(table.num_rows)]
    support.put_events(platform.storage, base, table.append_column("order_id", pa.array(orders, pa.string())))


def main(end: datetime) -> None:
    logging.basicConfig(format="%(message)s")  # where Airflow's own is not set up
    logging.getLogger("mlops_lib").setLevel(logging.INFO)
    platform = Platform.connect()
    client = boto3.client("s3")
    for base in (platform.settings.raw_base, platform.settings.feature_base):
        place = {"LocationConstraint": client.meta.region_name}
        try:
            client.create_bucket(Bucket=urlsplit(base).netloc, CreateBucketConfiguration=place)
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
                raise
    raw_events(platform, end)
    for name in platform.contract.names:
        run = Run(name, f"data_pipeline_daily_{platform.settings.environment}", end.isoformat(), end - support.DAY, end)
        summary = support.pipeline(platform, run)
        raw, _ = platform.storage.read(f"{platform.settings.feature_base}/{name}/latest/features.parquet")
        rows = pq.read_table(io.BytesIO(raw)).to_pylist()
        row = next(one for one in rows if one["user_id"] == USER)
        print(json.dumps({**summary, "row": row}, default=str))


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]))
    # As Airflow ends the process of a task. Threads of Arrow's S3 may still run, and a plain end of the interpreter
    # then aborts it now and again ("terminate called without an active exception").
    sys.stdout.flush()
    os._exit(0)
