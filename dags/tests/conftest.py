"""S3 on loopback with enforced IAM: the tests use keys that may do what the documented policy allows, and no more."""

import itertools
import json
import logging
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import support

from mlops_lib.contract import Contract
from mlops_lib.dp.run import Platform
from mlops_lib.storage import Storage

REGION = "ap-northeast-2"
_numbers = itertools.count()


@dataclass
class S3:
    """The server, and the keys of its administrator."""

    url: str
    admin: dict[str, str]

    def client(self, service: str = "s3", keys: dict[str, str] | None = None) -> Any:
        keys = keys or self.admin
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **keys)

    def bucket(self) -> str:
        name = f"bucket-{next(_numbers)}"
        self.client().create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name

    def user(self, name: str, *statements: dict[str, Any]) -> dict[str, str]:
        """Keys of a user who may do this and nothing else."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        self.allow(name, "policy", *statements)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def allow(self, user: str, policy: str, *statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self.client("iam").put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=document)

    def forget(self, user: str, policy: str) -> None:
        self.client("iam").delete_user_policy(UserName=user, PolicyName=policy)


def policy_of_the_task(bucket: str) -> list[dict[str, Any]]:
    """As docs/data-pipeline.md writes it, with raw events and features in one bucket."""
    bucket = f"arn:aws:s3:::{bucket}"
    return [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [bucket]},
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{bucket}/raw/events/*"]},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": [f"{bucket}/features/feature-store/*"],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:DeleteObject"],
            "Resource": [f"{bucket}/features/feature-store/_staging/*"],
        },
    ]


@pytest.fixture(scope="session", autouse=True)
def no_own_credentials() -> Iterator[None]:
    """Nothing of the machine's AWS configuration is seen by a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "MLOPS_", "AIRFLOW_")):
                patch.delenv(name)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", "/nonexistent")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield


@pytest.fixture(scope="session")
def s3(no_own_credentials: None) -> Iterator[S3]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = S3(f"http://{host}:{port}", {"aws_access_key_id": "first", "aws_secret_access_key": "first"})
    try:
        found.admin = found.user("admin", {"Effect": "Allow", "Action": "*", "Resource": "*"})
        # From here on every request is authorised.
        request = urllib.request.Request(
            f"{found.url}/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"}, method="POST"
        )
        urllib.request.urlopen(request, timeout=10).close()
        yield found
    finally:
        server.stop()


@dataclass
class World:
    """One test's bucket, contract and keys."""

    s3: S3
    name: str
    bucket: str
    keys: dict[str, str]
    folder: Path
    contract: Contract
    pushgateway: str | None = None

    @property
    def admin(self) -> Storage:
        return Storage(self.s3.client())

    @property
    def raw_base(self) -> str:
        return f"s3://{self.bucket}/raw/events"

    def platform(self, watch: support.Interruption | None = None, contract: Contract | None = None) -> Platform:
        client = self.s3.client(keys=self.keys)
        if watch:
            watch.watch(client)
        contract = contract or self.contract
        return Platform(support.settings(contract.folder, self.bucket, self.pushgateway), contract, Storage(client))

    def latest(self, feature_set: str = support.SET) -> Any:
        return Platform(support.settings(self.folder, self.bucket), self.contract, self.admin).folder(feature_set)


@pytest.fixture
def world(s3: S3, tmp_path: Path) -> World:
    bucket = s3.bucket()
    name = f"task-{bucket}"
    folder = tmp_path / "contract"
    contract = support.write_contract(folder)
    return World(s3, name, bucket, s3.user(name, *policy_of_the_task(bucket)), folder, contract)


@pytest.fixture(scope="session")
def events() -> Any:
    """Thirty-three days of events up to a day after END, so that there is a second run."""
    return support.events(days=33, end=support.END + support.DAY)


@pytest.fixture
def with_events(world: World, events: Any) -> World:
    support.put_events(world.admin, world.raw_base, events)
    return world


@pytest.fixture
def slack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Slack, as the chart wires it."""
    with support.listener() as server:
        file = tmp_path / "slack-url"
        server.webhook = f"{server.url}/services/T000/B000/verysecret"
        file.write_text(f"{server.webhook}\n", encoding="utf-8")
        monkeypatch.setenv("MLOPS_SLACK_WEBHOOK_FILE", str(file))
        monkeypatch.setenv("MLOPS_ENVIRONMENT", "dev")
        yield server


@pytest.fixture
def gateway(world: World) -> Iterator[Any]:
    with support.listener() as server:
        world.pushgateway = server.url
        yield server
