"""The DAGs in the real Airflow: read by its DAG processor, run by `airflow dags test` against S3 with enforced IAM."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import support
from conftest import REGION, S3, policy_of_the_task
from support import END, SET, VERSION

from mlops_lib.dp.run import Platform
from mlops_lib.storage import Storage

DAGS = Path(__file__).resolve().parents[1]
INSTALLED = importlib.util.find_spec("airflow") is not None
pytestmark = [
    pytest.mark.airflow,
    pytest.mark.skipif(not INSTALLED, reason="apache-airflow is not installed: the DAGs were NOT run in Airflow"),
]
TASKS = ["extract_raw_data", "validate_data", "build_features", "store_features", "summarize_run"]


class Airflow:
    """An installation of its own below a temporary folder, with the environment the chart gives to the pods."""

    def __init__(self, home: Path, s3: S3, events: Any) -> None:
        self.bucket = s3.bucket()
        keys = s3.user("airflow-task", *policy_of_the_task(self.bucket))
        self.admin = Storage(s3.client())
        support.put_events(self.admin, f"s3://{self.bucket}/raw/events", events)
        self.contract = support.write_contract(home / "feature-store")
        (home / "slack").write_text("http://127.0.0.1:9/services/T/B/verysecret", encoding="utf-8")
        credentials = home / "credentials"
        credentials.write_text(
            f"[default]\naws_access_key_id = {keys['aws_access_key_id']}\n"
            f"aws_secret_access_key = {keys['aws_secret_access_key']}\n",
            encoding="utf-8",
        )
        # As git-sync delivers it: the whole folder, with library and tests, behind a link.
        copy = home / "dags-of-a-commit"
        shutil.copytree(DAGS, copy, ignore=shutil.ignore_patterns("__pycache__", "spark-warehouse", ".*_cache"))
        assert (copy / ".airflowignore").exists()
        self.dags = home / "dags"
        self.dags.symlink_to(copy)
        # Something that would show if a folder were scanned.
        for folder in ("mlops_lib", "mlops_lib/dp", "tests"):
            (copy / folder / "planted_dag.py").write_text("import airflow  # dag\nraise RuntimeError('scanned')\n")
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
            "AIRFLOW__CORE__FERNET_KEY": "",
            "AIRFLOW__API_AUTH__JWT_SECRET": "x" * 64,
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": s3.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "MLOPS_ENVIRONMENT": "dev",
            "MLOPS_FEATURE_STORE_DIR": str(self.contract.folder),
            "MLOPS_RAW_BASE": f"s3://{self.bucket}/raw/events",
            "MLOPS_FEATURE_BASE": f"s3://{self.bucket}/features/feature-store",
            "MLOPS_TIME_ZONE": "Asia/Seoul",
            "MLOPS_SLACK_WEBHOOK_FILE": str(home / "slack"),
            "MLOPS_MEMORY_LIMIT": "256MB",
        }

    def run(self, *arguments: str, check: bool = True, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", *arguments],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        said = done.stdout + done.stderr
        assert not check or done.returncode == 0, said[-6000:]
        return said

    def latest(self, feature_set: str) -> Any:
        settings = support.settings(self.contract.folder, self.bucket)
        return Platform(settings, self.contract, self.admin).folder(feature_set)


@pytest.fixture(scope="module")
def airflow(s3: S3, events: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    found = Airflow(tmp_path_factory.mktemp("airflow"), s3, events)
    found.run("db", "migrate")
    return found


@pytest.fixture(scope="module")
def parsed(airflow: Airflow) -> str:
    """One pass of the real DAG processor over the folder."""
    return airflow.run("dag-processor", "--num-runs", "1")


def test_the_dag_processor_finds_the_dags_and_no_errors(airflow: Airflow, parsed: str) -> None:
    errors = airflow.run("dags", "list-import-errors")
    assert "No data found" in errors, errors
    listed = airflow.run("dags", "list", "-o", "plain")
    found = {line.split()[0] for line in listed.splitlines() if re.match(r"(data_pipeline|rollback)\S*_dev\b", line)}
    assert found == {"data_pipeline_daily_dev", "rollback_features_dev"}


def test_the_library_is_not_scanned(airflow: Airflow, parsed: str) -> None:
    """A file that would fail lies in every folder; nothing but the two DAGs is parsed."""
    assert "planted_dag" not in parsed
    script = (
        "from airflow.dag_processing.dagbag import DagBag\n"
        "bag = DagBag()\n"
        "print('errors', bag.import_errors)\n"
        "print('files', sorted({d.fileloc.rsplit('/', 1)[1] for d in bag.dags.values()}))\n"
        "dag = bag.dags['data_pipeline_daily_dev']\n"
        "print('tasks', [t.task_id for t in dag.topological_sort()])\n"
        "print('downstream', {t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks})\n"
        "t = dag.timetable\n"
        "print('schedule', t.expression if hasattr(t, 'expression') else t.summary, dag.catchup, dag.max_active_runs)\n"
        "r = dag.get_task('extract_raw_data')\n"
        "print('retries', dag.default_args['retries'], dag.default_args['on_failure_callback'].__name__)\n"
    )
    environment = {**airflow.environment, "PYTHONPATH": str(airflow.dags)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    said = done.stdout + done.stderr
    assert "errors {}" in said, said
    assert "files ['data_pipeline_daily.py', 'rollback_features.py']" in said
    assert f"tasks {TASKS}" in said
    chain = {task: TASKS[index + 1 : index + 2] for index, task in enumerate(TASKS)}
    assert f"downstream {chain}" in said
    assert "schedule 0 2 * * * False 1" in said
    assert "retries 3 on_failure" in said


def test_the_pipeline_and_a_rollback(airflow: Airflow) -> None:
    """Both sets, two days, then back: all by Airflow, with the keys of the task and S3 that checks them."""
    for end, version in ((END, VERSION), (END + support.DAY, "v_20261123T020000")):
        said = airflow.run("dags", "test", "data_pipeline_daily_dev", end.isoformat())
        for feature_set in (SET, "user-churn-features"):
            support.assert_whole(airflow.latest(feature_set), version)
            assert f"[DP] {feature_set}: 300 rows as of {end.isoformat()}" in said
        assert "state=success" in said
    conf = f'{{"feature_set": "{SET}", "version": "{VERSION}"}}'
    airflow.run("dags", "test", "rollback_features_dev", "-c", conf)
    support.assert_whole(airflow.latest(SET), VERSION)
    support.assert_whole(airflow.latest("user-churn-features"), "v_20261123T020000")


def test_a_refused_set_stops_itself_alone_and_is_alerted(airflow: Airflow) -> None:
    """Amounts below zero: user-features is refused at once, user-churn-features goes on, Slack hears of it."""
    day = END + 2 * support.DAY
    broken = support.events(days=31, end=day)
    broken = support.change_column(broken, "amount", support.pa.compute.multiply(broken.column("amount"), -1.0))
    support.put_events(airflow.admin, f"s3://{airflow.bucket}/raw/events", broken)
    before = airflow.latest(SET).names()
    with support.listener() as slack:
        webhook = f"{slack.url}/services/T000/B000/verysecret"
        file = Path(airflow.environment["AIRFLOW_HOME"]) / "slack-here"
        file.write_text(webhook, encoding="utf-8")
        said = airflow.run(
            "dags", "test", "data_pipeline_daily_dev", day.isoformat(),
            "-c", f'{{"accept_drift": ["{SET}", "user-churn-features"]}}',
            check=False, MLOPS_SLACK_WEBHOOK_FILE=str(file),
        )  # fmt: skip
    assert airflow.latest(SET).names() == before
    assert airflow.latest("user-churn-features").current().name == "v_20261124T020000"
    assert "below the range's min" in said
    texts = [support.json.loads(body)["text"] for _, body in slack.received]
    assert len(texts) == 1, texts
    assert "*data_pipeline_daily_dev* · build_features failed (dev)" in texts[0]
    assert "Feature set: user-features" in texts[0]
    assert "below the range's min 0" in texts[0]
    assert "verysecret" not in said
    assert "up_for_retry" not in said.lower()
