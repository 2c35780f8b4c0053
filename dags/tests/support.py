"""A small contract, events that fit it, and servers on loopback that remember what they were told."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq
import yaml

from mlops_lib.contract import Contract, digest
from mlops_lib.dp.build import build
from mlops_lib.dp.extract import extract
from mlops_lib.dp.run import Platform, Run
from mlops_lib.dp.store import store
from mlops_lib.dp.summarize import summarize
from mlops_lib.dp.validate import validate
from mlops_lib.settings import Settings
from mlops_lib.storage import Storage
from mlops_lib.versions import FILES, FeatureSetFolder, Version

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "charts" / "feature-store"
SEOUL = ZoneInfo("Asia/Seoul")
SET = "user-features"
# 02:00 in Seoul.
END = datetime(2026, 11, 21, 17, tzinfo=timezone.utc)
DAY = timedelta(days=1)
VERSION = "v_20261122T020000"


def dialect() -> dict[str, Any]:
    return yaml.safe_load((CHART / "files" / "dialect.yaml").read_text(encoding="utf-8"))


def specs() -> dict[str, Any]:
    """The sets of the repository, with the defaults the chart fills in."""
    defaults = dialect()["defaults"]
    found = {}
    for path in sorted((CHART / "featuresets").glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        spec = {"timestampColumn": defaults["timestampColumn"], "ttl": defaults["ttl"], **document["spec"]}
        spec["features"] = [{"nullable": defaults["nullable"], **feature} for feature in spec["features"]]
        spec["validation"] = {**defaults["validation"], **spec.get("validation", {})}
        found[document["metadata"]["name"]] = spec
    return found


def write_contract(folder: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Contract:
    """The files of the ConfigMap. `change` may alter the sets first."""
    words = dialect()
    sets = specs()
    change(sets)
    folder.mkdir(parents=True, exist_ok=True)
    artifacts = {"metadata.json.j2": (CHART / "files" / "metadata.json.j2").read_bytes()}
    for name, spec in sets.items():
        columns = {entity["name"]: entity["type"] for entity in spec["entities"]}
        columns[spec["timestampColumn"]] = "timestamp"
        columns |= {feature["name"]: feature["dtype"] for feature in spec["features"]}
        properties = {
            column: {"x-dtype": dtype, "x-arrow-type": words["dtypes"][dtype]["arrow"]}
            for column, dtype in columns.items()
        }
        schema = {"title": name, "properties": properties, "required": list(columns)}
        artifacts[f"{name}.schema.json"] = json.dumps(schema, indent=2).encode()
    data = {
        "apiVersion": "features.example.com/v1alpha1",
        "artifacts": {file: digest(text) for file, text in artifacts.items()},
        "dialect": {key: words[key] for key in ("functions", "units", "patterns")},
        "dtypes": words["dtypes"],
        "featureSets": sets,
    }
    for file, text in {**artifacts, "featuresets.json": json.dumps(data, indent=2).encode()}.items():
        (folder / file).write_bytes(text)
    return Contract.load(folder)


def events(days: int = 32, users: int = 300, end: datetime = END, seed: int = 1) -> pa.Table:
    """Events of the last days, a few per user and day, all of them as the contract wants."""
    random = np.random.default_rng(seed)
    count = users * 40
    # A few days only: fewer files, fewer requests. The windows of the day before have as many of them.
    busy = np.array([day for day in (0, 1, 2, 4, 7, 12, 30) if day < days])
    age = random.choice(busy, count) * 86400 + random.uniform(0, 86400, count)
    moments = [end - timedelta(seconds=float(seconds)) for seconds in age]
    time = pa.array(moments, pa.timestamp("us", tz="UTC"))
    user = random.integers(0, users, count)
    return pa.table(
        {
            "event_id": [f"e{seed}-{index}" for index in range(count)],
            "user_id": [f"u{index:05d}" for index in user],
            "session_id": [f"s{index}" for index in random.integers(0, count // 3, count)],
            "duration": random.gamma(2.0, 300.0, count).clip(0, 80_000),
            "amount": random.gamma(2.0, 20.0, count),
            "device": random.choice(["android", "ios", "web"], count),
            "event_time": time,
        }
    )


def put_events(storage: Storage, base: str, table: pa.Table, source: str = "online_events", csv: bool = False) -> None:
    """A file per day of arrival."""
    days = pa.array([moment.strftime("%Y-%m-%d") for moment in table.column("event_time").to_pylist()])
    for day in days.unique().to_pylist():
        part = table.filter(pa.compute.equal(days, day))
        sink = pa.BufferOutputStream()
        if csv:
            pyarrow.csv.write_csv(part, sink)
        else:
            pq.write_table(part, sink)
        suffix = "csv" if csv else "parquet"
        storage.write(f"{base}/{source}/dt={day}/part-0.{suffix}", sink.getvalue().to_pybytes())


def change_column(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def run_at(end: datetime = END, run_id: str = "scheduled", feature_set: str = SET) -> Run:
    return Run(feature_set, "data_pipeline_daily_dev", run_id, end - DAY, end)


def xcom(data: dict[str, Any]) -> dict[str, Any]:
    """What a task returns goes through JSON, and is small."""
    text = json.dumps(data)
    assert len(text) < 4096, "too much for XCom"
    return json.loads(text)


def pipeline(platform: Platform, run: Run, **options: Any) -> dict[str, Any]:
    """The five tasks, one after the other."""
    extracted = xcom(extract(platform, run))
    built = xcom(build(platform, xcom(validate(platform, extracted)), **options))
    return xcom(summarize(platform, xcom(store(platform, built))))


def settings(folder: Path, bucket: str, pushgateway: str | None = None) -> Settings:
    return Settings(
        environment="dev",
        contract=folder,
        time_zone=SEOUL,
        raw_base=f"s3://{bucket}/raw/events",
        feature_base=f"s3://{bucket}/features/feature-store",
        pushgateway_url=pushgateway,
        engine="duckdb",
        memory_limit="256MB",
        batch_rows=4096,
    )


def objects(storage: Storage, uri: str) -> dict[str, str]:
    """ETag by address below a folder."""
    return {entry.uri.removeprefix(f"{uri}/"): entry.etag for entry in storage.list(uri)}


def read_latest(folder: FeatureSetFolder) -> Version | None:
    """What docs/data-pipeline.md promises to those who read latest/, checked as they would read it."""
    storage = folder.storage
    complete = {version.name: version for version in folder.versions()}
    for version in complete.values():
        for file in FILES:
            raw, _ = storage.read(folder.at(version.name, file))
            assert digest(raw) == version.digest(file), f"{version.name}/{file} is not what its metadata says"
    # Readers of one object get a whole one, of a complete version.
    for file in FILES:
        try:
            raw, seen = storage.read(folder.at("latest", file))
        except FileNotFoundError:
            continue
        of = seen.metadata["feature-version"]
        assert of in complete, f"latest/{file} is of {of}, which is not complete"
        assert digest(raw) == complete[of].digest(file), f"latest/{file} is not that of {of}"
    # Readers of several follow the pointer, and find a complete version.
    current = folder.current()
    if current is None:
        return None
    assert complete[current.name].raw == current.raw
    return current


def assert_whole(folder: FeatureSetFolder, version: str) -> None:
    """All of latest/ is one version."""
    current = read_latest(folder)
    assert current is not None
    assert current.name == version
    for file in FILES:
        head = folder.storage.head(folder.at("latest", file))
        assert head is not None
        assert head.metadata["feature-version"] == version, f"latest/{file}"


class Killed(BaseException):
    """The process is gone: nothing that catches exceptions sees it."""


@dataclass
class Interruption:
    """Does something at the n-th call to S3: before it is sent, or after it was answered and the answer was lost."""

    at: int
    then: Callable[[], None]
    after: bool = False
    calls: list[str] = field(default_factory=list)

    def watch(self, client: Any) -> None:
        client.meta.events.register("before-call.s3", self._before)
        client.meta.events.register("after-call.s3", self._after)

    def _before(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)
        if len(self.calls) - 1 == self.at and not self.after:
            self.then()

    def _after(self, model: Any, **_: Any) -> None:
        if len(self.calls) - 1 == self.at and self.after:
            self.then()


def kill() -> None:
    raise Killed


class _Handler(http.server.BaseHTTPRequestHandler):
    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        server: Any = self.server
        server.received.append((self.path, self.rfile.read(length).decode()))
        self.send_response(server.status)
        self.end_headers()

    do_POST = do_PUT = _answer

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def listener(status: int = 200) -> Iterator[Any]:
    """An HTTP server on loopback that remembers requests: Slack, or a Pushgateway."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.received, server.status = [], status
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
