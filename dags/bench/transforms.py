"""Time and peak memory of building the feature sets, in a child that cannot have more memory than a task pod.

    python dags/bench/transforms.py --events 1000000 10000000 --memory 1024

Events are generated: 200 000 users, thirty days, one Parquet file a day, one event in a hundred sent twice. The child
runs in a memory cgroup of its own where the machine lets us make one (root), and says so; without one only the peak
is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml

DAGS = Path(__file__).resolve().parents[1]
CHART = DAGS.parent / "charts" / "feature-store"
AS_OF = datetime(2026, 1, 31, tzinfo=timezone.utc)
DAYS = 30
USERS = 200_000
CGROUPS = (
    (Path("/sys/fs/cgroup"), "memory.max", "memory.peak"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.max_usage_in_bytes"),
)

DAY = """
COPY (
  SELECT
    'user-' || (hash(i) % {users}) AS user_id,
    md5(i::VARCHAR) AS event_id,
    'session-' || (hash(i + 1) % {sessions}) AS session_id,
    TIMESTAMPTZ '{day}' + to_microseconds((hash(i + 2) % 86400000000)::BIGINT) AS event_time,
    event_time AS event_timestamp,
    CASE WHEN hash(i + 3) % 10 < 8 THEN (hash(i + 4) % 360000) / 100.0::DOUBLE END AS duration,
    CASE WHEN hash(i + 5) % 10 = 0 THEN (hash(i + 6) % 10000000) / 100.0::DOUBLE END AS amount,
    CASE hash(i + 7) % 3 WHEN 0 THEN 'android' WHEN 1 THEN 'ios' ELSE 'web' END AS device
  FROM (SELECT CASE WHEN n % 100 = 0 THEN n - 1 ELSE n END AS i FROM range({first}, {last}) AS r(n))
) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 122880)
"""


def generate(directory: Path, events: int) -> None:
    """A file a day."""
    import duckdb

    with duckdb.connect(config={"temp_directory": str(directory)}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for day in range(DAYS):
            date = f"{AS_OF - timedelta(days=DAYS - day):%Y-%m-%d}"
            path = directory / "raw" / f"dt={date}" / "events.parquet"
            path.parent.mkdir(parents=True)
            first, last = events * day // DAYS, events * (day + 1) // DAYS
            connection.execute(
                DAY.format(users=USERS, sessions=max(1, events // 5), day=date, first=first, last=last, path=path)
            )


def build(directory: Path, name: str, engine: str, memory: str) -> None:
    """The child: one set, from files to files."""
    sys.path.insert(0, str(DAGS))
    from mlops_lib import engines, transforms

    words = yaml.safe_load((CHART / "files" / "dialect.yaml").read_text(encoding="utf-8"))
    dialect = transforms.Dialect.read(words, words["dtypes"])
    document = yaml.safe_load((CHART / "featuresets" / f"{name}.yaml").read_text(encoding="utf-8"))
    spec = {"timestampColumn": words["defaults"]["timestampColumn"], **document["spec"]}
    started = time.monotonic()
    backend = engines.connect(engine, memory or None, directory / "spill")
    paths = [str(path) for path in sorted((directory / "raw").rglob("*.parquet"))]
    tables = {
        source: engines.read_events(backend, paths, columns)
        for source, columns in transforms.event_columns(spec, dialect).items()
    }
    table = transforms.build_features(tables, spec, AS_OF, dialect=dialect)
    schema = transforms.arrow_schema(spec, dialect)
    rows = engines.write(backend, table, schema, directory / f"{name}.parquet", csv=directory / f"{name}.csv")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"rows": rows, "seconds": round(time.monotonic() - started, 1), "peak_rss_mib": peak}))


def measure(directory: Path, name: str, engine: str, limit: int, memory: str) -> dict[str, object]:
    """Runs the child within `limit` MiB."""
    group, peak_file = _cgroup(limit)
    command = [sys.executable, __file__, "--child", name, str(directory), engine, memory]

    def join() -> None:
        if group:
            (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    try:
        child = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=join)
        found: dict[str, object] = {"limited": bool(group)}
        if child.returncode:
            error = (child.stderr.strip().splitlines() or [f"ended by signal {-child.returncode}"])[-1]
            return {**found, "failed": error}
        if peak_file:
            # With the page cache, which the kernel takes back when it needs to.
            found["peak_cgroup_mib"] = int(peak_file.read_text(encoding="ascii")) // 2**20
        return {**json.loads(child.stdout.splitlines()[-1]), **found}
    finally:
        if group:
            group.rmdir()


def _cgroup(limit: int) -> tuple[Path | None, Path | None]:
    for root, maximum, peak in CGROUPS:
        if not (root / "cgroup.procs").exists():
            continue
        group = root / f"bench-{os.getpid()}"
        try:
            group.mkdir()
            (group / maximum).write_text(str(limit * 2**20), encoding="ascii")
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        return group, group / peak
    return None, None


def main() -> None:
    """Prints one line per number of events and set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--memory", type=int, default=1024, help="limit of the child in MiB")
    parser.add_argument("--engine", default="duckdb")
    parser.add_argument("--engine-memory", default="400MiB", help="what the engine may hold")
    parser.add_argument("--directory", type=Path, help="where to put the events; a temporary one by default")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        name, directory, engine, memory = options.child
        build(Path(directory), name, engine, memory)
        return
    for events in options.events:
        directory = Path(tempfile.mkdtemp(prefix="transforms-", dir=options.directory))
        try:
            generate(directory, events)
            size = sum(path.stat().st_size for path in directory.rglob("*.parquet")) // 2**20
            for path in sorted((CHART / "featuresets").glob("*.yaml")):
                found = measure(directory, path.stem, options.engine, options.memory, options.engine_memory)
                print(json.dumps({"events": events, "raw_mib": size, "set": path.stem, **found}), flush=True)
        finally:
            shutil.rmtree(directory)


if __name__ == "__main__":
    main()
