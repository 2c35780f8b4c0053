"""Does the Feast image work? Run by images/smoke.sh in a container restricted like the pods."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import version
from pathlib import Path

import common

MODULES = (
    "feast.infra.online_stores.redis",
    "feast.infra.registry.s3",
    "hiredis",
    "redis",
    "s3fs",
)
REPO = Path("/tmp/repo")
PORT = 16566
# The registry and the table on S3 as in a cluster; only the online store is a file, for there is no Redis here.
STORE = f"""
project: smoke
provider: local
registry: {{registry_type: file, path: "s3://{common.BUCKET}/registry.db"}}
offline_store: {{type: dask}}
online_store: {{type: sqlite, path: /tmp/online.db}}
entity_key_serialization_version: 3
"""
DEFINITIONS = f"""
import os
from datetime import timedelta
from feast import Entity, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

user = Entity(name="user_id", join_keys=["user_id"], value_type=ValueType.INT64)
source = FileSource(path="s3://{common.BUCKET}/users.parquet", timestamp_field="event_timestamp",
                    s3_endpoint_override=os.environ["AWS_ENDPOINT_URL"])
users = FeatureView(name="users", entities=[user], ttl=timedelta(days=3650), source=source,
                    schema=[Field(name="user_id", dtype=Int64), Field(name="visits", dtype=Float64)])
"""


def imports() -> str:
    """imports"""
    for name in MODULES:
        importlib.import_module(name)
    return f"{len(MODULES)} modules"


def feast_version() -> str:
    """feast version"""
    said = common.command("feast", "version")
    common.expect(version("feast") in said, f"feast version says {said}")
    return version("feast")


def shell() -> None:
    """the shell of the jobs: sh, sha256sum, GNU date"""
    day = common.command(
        "sh", "-c", "date --utc --date='48 hours ago' +%Y-%m-%dT%H:%M:%S"
    )
    common.expect(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", day), f"date says {day}"
    )
    hashed = common.command("sh", "-c", "printf x | cat - | sha256sum")
    common.expect(hashed.startswith("2d711642b726b044"), f"sha256sum says {hashed}")


def applies() -> None:
    """feast apply, with the registry on S3"""
    import pandas as pd
    import s3fs

    rows = {
        "user_id": [1, 2],
        "visits": [7.0, 9.0],
        "event_timestamp": [pd.Timestamp.now(tz="UTC").floor("us")] * 2,
    }
    pd.DataFrame(rows).to_parquet(
        f"s3://{common.BUCKET}/users.parquet", filesystem=s3fs.S3FileSystem()
    )
    REPO.mkdir()
    (REPO / "feature_store.yaml").write_text(STORE)
    (REPO / "definitions.py").write_text(DEFINITIONS)
    os.chdir(REPO)
    common.command("feast", "apply", "--no-progress")


def materializes() -> None:
    """feast materialize, from Parquet on S3"""
    common.command("feast", "materialize", "2020-01-01T00:00:00", "2100-01-01T00:00:00")


def serves() -> str:
    """feast serve answers with values"""
    server = subprocess.Popen(
        [
            "feast",
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(PORT),
            "--workers",
            "1",
            "--no-access-log",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{PORT}/health", timeout=2
                ):
                    break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    server.kill()
                    sys.exit(f"failed: no answer\n{server.communicate()[1]}")
                time.sleep(0.5)
        body = json.dumps(
            {"features": ["users:visits"], "entities": {"user_id": [1, 2]}}
        ).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{PORT}/get-online-features",
            body,
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
    finally:
        server.terminate()
        server.wait(30)
    # A store with nothing in it answers 200 as well, with nulls.
    at = answer["metadata"]["feature_names"].index("visits")
    values = answer["results"][at]["values"]
    common.expect(values == [7.0, 9.0], f"visits: {values}")
    return f"visits {values}"


if __name__ == "__main__":
    common.use_loopback_s3()
    common.run(
        common.user(10001, 10001),
        common.read_only("/feast-repo"),
        common.no_pip,
        feast_version,
        imports,
        shell,
        common.s3fs_works,
        applies,
        materializes,
        serves,
    )
