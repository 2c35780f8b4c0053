"""latest/ while everything goes wrong: the writer dies at every call to S3, a second one runs in between, S3 refuses.

After each, `support.read_latest` reads as docs/data-pipeline.md tells readers to, and `assert_whole` after the repair.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import support
from conftest import World
from memory_s3 import MemoryS3
from support import DAY, END, SET, Interruption, Killed, assert_whole, kill, read_latest, run_at

from mlops_lib.dp.rollback import rollback
from mlops_lib.dp.run import Platform, Run
from mlops_lib.dp.store import store
from mlops_lib.errors import DeniedError
from mlops_lib.storage import Storage, sha256

FIRST, SECOND, THIRD = "v_20261122T020000", "v_20261123T020000", "v_20261124T020000"


class Stage:
    """A fresh bucket in which a run has built its features, as `store_features` finds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contract = support.write_contract(folder / "contract")
        self.objects: dict[str, Any] = {}

    def fresh(self) -> None:
        self.objects = {}

    def client(self) -> Any:
        return MemoryS3(self.objects)

    def platform(self, watch: Interruption | None = None) -> Platform:
        client = self.client()
        if watch:
            watch.watch(client)
        return Platform(support.settings(self.contract.folder, "stage"), self.contract, Storage(client))

    @property
    def latest(self) -> Any:
        return self.platform().folder(SET)

    def built(self, run: Run, seed: int) -> dict[str, Any]:
        """What build_features leaves behind, made without building."""
        platform = self.platform()
        schema = self.contract.feature_set(SET).arrow_schema
        rows = 5
        values = {
            "user_id": [f"u{index}" for index in range(rows)],
            "event_timestamp": [run.as_of] * rows,
            "events_7d": [seed + index for index in range(rows)],
            "sessions_7d": [seed] * rows,
            "purchase_amount_30d": [float(seed)] * rows,
            "last_device": ["ios"] * rows,
        }
        path = self.folder / "staged.parquet"
        pq.write_table(pa.table(values, schema), path)
        staging = run.staging(platform)
        platform.storage.write(f"{staging}/features.parquet", path)
        profile = {name: {"count": rows, "null_ratio": 0.0} for name in self.contract.feature_set(SET).features}
        platform.storage.write(f"{staging}/built.json", support.json.dumps({"profile": profile, "source": []}).encode())
        return {**run.to_xcom(), "manifest": "", "staging": staging, "rows": rows, "sha256": sha256(path), "drift": {}}


class MotoStage(Stage):
    """The same on the server with IAM."""

    def __init__(self, folder: Path, world: World) -> None:
        super().__init__(folder)
        self.world = world

    def fresh(self) -> None:
        for entry in list(self.world.admin.list(f"s3://{self.world.bucket}/features")):
            self.world.admin.delete(entry.uri)

    def client(self) -> Any:
        return self.world.s3.client(keys=self.world.keys)

    def platform(self, watch: Interruption | None = None) -> Platform:
        return self.world.platform(watch, self.contract)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def everywhere(stage: Stage, prepare: Any, act: Any, step: int = 1) -> Iterator[Any]:
    """Runs `act` and kills it at its first call to S3, then everything again and at its second (or `step`), and so on.

    At each call twice: before it reaches S3, and after it was answered. Yields what there is to check.
    """
    index = 0
    while True:
        for after in (False, True):
            stage.fresh()
            state = prepare()
            watch = Interruption(index, kill, after)
            try:
                act(stage.platform(watch), state)
            except Killed:
                yield watch, state
                continue
            assert len(watch.calls) <= index, "the writer outlived its death"
            assert index > 10, "nothing was interrupted"
            return
        index += step


@pytest.mark.parametrize("earlier", [False, True], ids=["first version", "second version"])
def test_killed_between_any_two_calls(stage: Stage, earlier: bool) -> None:
    _killed_everywhere(stage, earlier)


def test_killed_between_some_calls_to_a_server(world: World, tmp_path: Path) -> None:
    _killed_everywhere(MotoStage(tmp_path, world), True, step=9)


def _killed_everywhere(stage: Stage, earlier: bool, step: int = 1) -> None:
    """The task dies; readers are served; the retry completes the same version and leaves nothing else."""

    def prepare() -> dict[str, Any]:
        if earlier:
            store(stage.platform(), stage.built(run_at(), 1))
        return stage.built(run_at(END + DAY), 2)

    seen = set()
    for watch, built in everywhere(stage, prepare, store, step):
        where = f"{len(watch.calls)} {watch.calls[-1]} {'after' if watch.after else 'before'}"
        current = read_latest(stage.latest)
        name = current.name if current else None
        assert name in {FIRST if earlier else None, SECOND}, where
        if earlier:
            assert stage.latest.storage.head(stage.latest.at("latest", "features.parquet")), where
        seen.add(name)
        frozen = _versions(stage)
        store(stage.platform(), built)
        assert_whole(stage.latest, SECOND)
        assert stage.latest.names() == ([FIRST, SECOND] if earlier else [SECOND]), where
        assert frozen.items() <= _versions(stage).items(), f"{where}: an object of a version was replaced"
    assert seen == {FIRST if earlier else None, SECOND}


def test_killed_and_repaired_by_the_next_run(stage: Stage) -> None:
    """No retry ever comes; the next day's run does, with its own content."""

    def prepare() -> dict[str, Any]:
        store(stage.platform(), stage.built(run_at(), 1))
        return stage.built(run_at(END + DAY), 2)

    for _ in everywhere(stage, prepare, store):
        store(stage.platform(), stage.built(run_at(END + 2 * DAY), 3))
        assert_whole(stage.latest, THIRD)


def test_repaired_by_the_first_task_even_if_that_run_is_refused(stage: Stage) -> None:
    def prepare() -> dict[str, Any]:
        store(stage.platform(), stage.built(run_at(), 1))
        return stage.built(run_at(END + DAY), 2)

    for _ in everywhere(stage, prepare, store):
        # What extract_raw_data begins with.
        stage.latest.follow()
        assert_whole(stage.latest, read_latest(stage.latest).name)


def test_a_rollback_killed_between_any_two_calls(stage: Stage) -> None:
    def prepare() -> None:
        store(stage.platform(), stage.built(run_at(), 1))
        store(stage.platform(), stage.built(run_at(END + DAY), 2))

    for _ in everywhere(stage, prepare, lambda platform, _: rollback(platform, SET, FIRST)):
        assert read_latest(stage.latest).name in {FIRST, SECOND}
        assert rollback(stage.platform(), SET, FIRST)["version"] == FIRST
        assert_whole(stage.latest, FIRST)


@pytest.mark.parametrize(
    ("mine", "other", "wins"),
    [
        pytest.param((END + DAY, 2), (END + 2 * DAY, 3), {THIRD}, id="the other is newer"),
        pytest.param((END + 2 * DAY, 3), (END + DAY, 2), {THIRD}, id="the other is older"),
        pytest.param((END + DAY, 2), (END + DAY, 2), {SECOND}, id="the same content"),
        pytest.param((END + DAY, 2), (END + DAY, 3), {SECOND, "v_20261123T020001"}, id="the same interval"),
    ],
)
def test_another_run_between_any_two_calls(stage: Stage, mine: Any, other: Any, wins: set[str]) -> None:
    """A second run does all its work while the first stands still, at every point of the first."""
    index = 0
    while True:
        stage.fresh()
        store(stage.platform(), stage.built(run_at(), 1))
        built = stage.built(run_at(mine[0], run_id="mine"), mine[1])
        others = stage.built(run_at(other[0], run_id="other"), other[1])

        def meanwhile(others: dict[str, Any] = others) -> None:
            store(stage.platform(), others)
            read_latest(stage.latest)

        watch = Interruption(index, meanwhile)
        store(stage.platform(watch), built)
        if index >= len(watch.calls):
            break
        current = read_latest(stage.latest)
        assert current is not None
        assert current.name in wins, f"{index} {watch.calls[index]}"
        assert_whole(stage.latest, current.name)
        index += 1
    assert index > 10


def test_another_run_between_any_two_calls_and_both_die(stage: Stage) -> None:
    """The worst of both: whatever the two left, readers are served, and one more run puts it right."""
    index = 0
    while True:
        stage.fresh()
        store(stage.platform(), stage.built(run_at(), 1))
        built = stage.built(run_at(END + DAY, run_id="mine"), 2)
        others = stage.built(run_at(END + 2 * DAY, run_id="other"), 3)

        def meanwhile(others: dict[str, Any] = others, stop: int = 17 + index % 7) -> None:
            with pytest.raises(Killed):
                store(stage.platform(Interruption(stop, kill)), others)

        watch = Interruption(index, meanwhile)
        store(stage.platform(watch), built)
        if index >= len(watch.calls):
            break
        read_latest(stage.latest)
        store(stage.platform(), others)
        assert_whole(stage.latest, THIRD)
        index += 1


def test_a_request_whose_answer_was_lost_and_that_was_sent_again(stage: Stage) -> None:
    """boto3 repeats a PUT that got no answer; the first one may have counted, and then the condition fails."""
    stage.fresh()
    built = stage.built(run_at(), 1)
    client = stage.client()
    client.repeat = True
    platform = stage.platform()
    store(Platform(platform.settings, platform.contract, Storage(client)), built)
    assert_whole(stage.latest, FIRST)
    assert stage.latest.names() == [FIRST]


@pytest.mark.parametrize("what", ["latest/*", "latest/features.parquet", "v_*/metadata.json"])
def test_s3_denied_mid_write(with_events: World, slack: Any, what: str) -> None:
    """Stored: at most a version nobody is pointed to. Alerted: which object. latest/: one version or the other."""
    from mlops_lib import slack as alerts

    world = with_events
    support.pipeline(world.platform(), run_at())
    deny = f"arn:aws:s3:::{world.bucket}/features/feature-store/{SET}/{what}"
    world.s3.allow(world.name, "deny", {"Effect": "Deny", "Action": "s3:PutObject", "Resource": deny})
    with pytest.raises(DeniedError) as caught:
        support.pipeline(world.platform(), run_at(END + DAY))
    assert caught.value.retry
    alerts.on_failure({"exception": caught.value})
    [(_, said)] = slack.received
    assert "S3 denies PutObject" in said
    assert f"{SET}/" in said
    moved = what == "latest/features.parquet"
    assert read_latest(world.latest()).name == (SECOND if moved else FIRST)
    if not moved:
        assert_whole(world.latest(), FIRST)
    world.s3.forget(world.name, "deny")
    support.pipeline(world.platform(), run_at(END + DAY))
    assert_whole(world.latest(), SECOND)
    assert world.latest().names() == [FIRST, SECOND]


def test_the_process_is_really_killed(with_events: World, tmp_path: Path) -> None:
    """SIGKILL, as the kernel does it to a Pod that is out of memory."""
    world = with_events
    support.pipeline(world.platform(), run_at())
    script = tmp_path / "store.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    arguments = [world.s3.url, world.bucket, str(world.folder), "9", (END + DAY).isoformat()]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parent)]),
        "AWS_DEFAULT_REGION": "ap-northeast-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": world.keys["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": world.keys["aws_secret_access_key"],
        "AWS_ENDPOINT_URL": world.s3.url,
    }
    done = subprocess.run([sys.executable, str(script), *arguments], env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert read_latest(world.latest()).name in {FIRST, SECOND}
    support.pipeline(world.platform(), run_at(END + DAY))
    assert_whole(world.latest(), SECOND)


_SCRIPT = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
import support
from mlops_lib.contract import Contract
from mlops_lib.dp.build import build
from mlops_lib.dp.extract import extract
from mlops_lib.dp.run import Platform
from mlops_lib.dp.store import store
from mlops_lib.dp.validate import validate
from mlops_lib.storage import Storage

_, url, bucket, folder, call, end = sys.argv
folder = Path(folder)
platform = Platform(support.settings(folder, bucket), Contract.load(folder), Storage.connect())
built = build(platform, validate(platform, extract(platform, support.run_at(datetime.fromisoformat(end)))))
support.Interruption(int(call), lambda: os.kill(os.getpid(), signal.SIGKILL)).watch(platform.storage.client)
store(platform, built)
"""


def test_a_reader_of_one_object_never_gets_half_of_another(with_events: World) -> None:
    """s3fs, with which Feast reads, asks for the object it has opened: if that is gone, it fails instead of mixing."""
    import s3fs

    world = with_events
    support.pipeline(world.platform(), run_at())
    filesystem = s3fs.S3FileSystem(
        key=world.s3.admin["aws_access_key_id"],
        secret=world.s3.admin["aws_secret_access_key"],
        client_kwargs={"endpoint_url": world.s3.url, "region_name": "ap-northeast-2"},
        skip_instance_cache=True,
    )
    with filesystem.open(world.latest().at("latest", "features.parquet"), block_size=1024, cache_type="none") as file:
        assert file.read(4) == b"PAR1"
        support.pipeline(world.platform(), run_at(END + DAY))
        with pytest.raises(Exception, match="no longer exists"):
            file.read(4)


def _versions(stage: Stage) -> dict[str, str]:
    return {
        name: etag for name, etag in support.objects(stage.latest.storage, stage.latest.uri).items() if name[0] == "v"
    }
