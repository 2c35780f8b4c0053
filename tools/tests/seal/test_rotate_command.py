"""``presync rotate`` as a user meets it."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from .conftest import MANIFEST, Pair, Run, open_sealed, sign


@pytest.fixture
def envs(tmp_path: Path, run: Run, pair: Pair, other: Pair) -> Path:
    """dev sealed with its present certificate, prod with an older one (that of dev)."""
    (tmp_path / "secret.yaml").write_text(MANIFEST)
    for env in ("dev", "prod"):
        folder = tmp_path / "envs" / env / "secrets"
        folder.mkdir(parents=True)
        (folder.parent / "sealed-secrets.pem").write_bytes(pair.pem)
        assert run("seal", "secret.yaml", "--out", folder / "a.yaml").code == 0
        (folder / "a.yaml").write_text("# keep\n" + (folder / "a.yaml").read_text())
    (tmp_path / "envs" / "prod" / "sealed-secrets.pem").write_bytes(other.pem)
    (tmp_path / "old.key").write_bytes(pair.private_pem)
    return tmp_path / "envs"


def test_report(run: Run, envs: Path) -> None:
    done = run("rotate", "envs")
    assert done.code == 1
    assert [line.split()[:3] for line in done.out.splitlines()[1:]] == [
        ["envs/dev/secrets/a.yaml", "redis-dev/redis-auth", "current"],
        ["envs/prod/secrets/a.yaml", "redis-dev/redis-auth", "due"],
    ]
    assert run("rotate", "envs/dev").code == 0
    assert run("rotate", "envs/dev", "--cert", "envs/prod/sealed-secrets.pem").code == 1


def test_report_of_what_kubeseal_wrote(run: Run, envs: Path) -> None:
    path = envs / "dev" / "secrets" / "a.yaml"
    path.write_text(
        "".join(line for line in path.read_text().splitlines(True) if "sealed" not in line or "kind" in line)
    )
    done = run("rotate", path)
    assert done.code == 2
    assert "unknown" in done.out and "not sealed by presync" in done.out


def test_report_mentions_an_expired_certificate(run: Run, envs: Path, pair: Pair) -> None:
    (envs / "dev" / "sealed-secrets.pem").write_bytes(sign(pair.key, -1000))
    assert "sealed-secrets.pem expired on 2024-02-26" in run("rotate", "envs/dev").err
    (envs / "prod" / "sealed-secrets.pem").write_bytes(sign(pair.key, -1000))
    path = envs / "prod" / "secrets" / "a.yaml"
    before = path.read_text()
    assert run("rotate", "--older-than", "0", "envs/prod").code == 0
    path.write_text(before.replace("sealed=20", "sealed=19"))
    done = run("rotate", "--older-than", "0", "--private-key", "old.key", "envs/prod")
    assert done.code == 2 and "expired on" in done.err


@pytest.mark.parametrize("form", ["pem", "stdin", "exported"])
def test_reseal(run: Run, envs: Path, pair: Pair, other: Pair, form: str) -> None:
    key = envs.parent / "old.key"
    dev, prod = (envs / env / "secrets" / "a.yaml" for env in ("dev", "prod"))
    before = dev.read_text(), prod.read_text()
    stdin = b""
    if form == "exported":
        secret = {"kind": "Secret", "data": {"tls.key": base64.b64encode(pair.private_pem).decode()}}
        key.write_text(json.dumps({"kind": "List", "items": [secret]}))
    if form == "stdin":
        stdin = pair.private_pem
    trial = run("rotate", "--dry-run", "--private-key", key, "envs")
    assert "would seal redis-dev/redis-auth in envs/prod/secrets/a.yaml again" in trial.out
    assert (dev.read_text(), prod.read_text()) == before
    done = run("rotate", "--private-key", "-" if form == "stdin" else key, "envs", stdin=stdin)
    assert done.code == 0, done.err
    assert "1 of 2 were current already" in done.out
    assert dev.read_text() == before[0]
    assert prod.read_text().startswith("# keep\n")
    assert open_sealed(other.key, prod.read_text()) == {"password": b"hunter2", "user": b"feast"}
    assert "hunter2" not in done.text and "PRIVATE" not in done.text
    assert run("rotate", "envs").code == 0


def test_all_or_nothing(run: Run, envs: Path, other: Pair, tmp_path: Path) -> None:
    folder = envs / "prod" / "secrets"
    renamed = (folder / "a.yaml").read_text().replace("name: redis-auth", "name: renamed")
    (folder / "b.yaml").write_text(renamed)
    before = (folder / "a.yaml").read_text()
    done = run("rotate", "--private-key", "old.key", "envs")
    assert done.code == 2
    assert "redis-dev/renamed cannot be opened as strict:redis-dev/renamed" in done.err
    assert "password" in done.err and "hunter2" not in done.err
    assert ((folder / "a.yaml").read_text(), (folder / "b.yaml").read_text()) == (before, renamed)
    (tmp_path / "wrong.key").write_bytes(other.private_pem)
    assert "sealed with certificate" in run("rotate", "--private-key", "wrong.key", folder / "a.yaml").err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["secret.yaml", "--cert", "envs/dev/sealed-secrets.pem"], "there is no SealedSecret in it"),
        (["old.key", "--cert", "envs/dev/sealed-secrets.pem"], "old.key"),
        (["envs", "--dry-run"], "--dry-run belongs to --private-key"),
        (["envs", "--private-key", "-", "--private-key", "-"], "one thing only"),
        (["envs", "--private-key", "envs/dev/sealed-secrets.pem"], "no private key in it"),
        (["envs", "--private-key", "no.key"], "cannot read the private key from no.key"),
        (["envs", "--private-key", "-"], "standard input: the file is empty"),
        (["empty"], "there is no SealedSecret in empty"),
    ],
)
def test_refused(run: Run, envs: Path, tmp_path: Path, arguments: list[str], reason: str) -> None:
    (tmp_path / "empty").mkdir()
    done = run("rotate", *arguments)
    assert done.code == 2
    assert reason in done.err
