"""Against kubeseal itself: it opens what presync seals, and presync opens what it seals.

kubeseal is no Python package. ``PRESYNC_KUBESEAL`` names one, or it lies in ``.cache/tools`` of this repository.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from .conftest import MANIFEST, Pair, Run, make_pair, open_sealed

DEFAULT = Path(__file__).resolve().parents[3] / ".cache" / "tools" / "kubeseal"
KUBESEAL = Path(os.environ.get("PRESYNC_KUBESEAL") or DEFAULT)
SCOPES = ("strict", "namespace-wide", "cluster-wide")
VALUES = {"password": b"hunter2", "user": b"feast"}

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(
        not os.access(KUBESEAL, os.X_OK),
        reason=f"kubeseal is not at {KUBESEAL}; set PRESYNC_KUBESEAL to compare with the real program",
    ),
]


def kubeseal(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KUBESEAL, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"HOME": str(folder), "PATH": os.defpath},
    )


def unseal(folder: Path, text: str) -> dict[str, bytes] | None:
    """What kubeseal makes of it with the private key; None when it refuses."""
    done = kubeseal(folder, "--recovery-unseal", "--recovery-private-key", "k.key", stdin=text)
    if done.returncode:
        assert "no key could decrypt secret" in done.stderr
        return None
    secret = json.loads(done.stdout)
    return {key: base64.b64decode(value or "") for key, value in secret.get("data", {}).items()}


@pytest.fixture(scope="module")
def long() -> Pair:
    """A key as long as the controller makes them."""
    return make_pair(4096)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, long: Pair) -> None:
    (tmp_path / "c.pem").write_bytes(long.pem)
    (tmp_path / "k.key").write_bytes(long.private_pem)
    (tmp_path / "secret.yaml").write_text(MANIFEST)


@pytest.mark.parametrize("scope", SCOPES)
def test_kubeseal_opens_what_presync_seals(run: Run, tmp_path: Path, scope: str) -> None:
    text = run("seal", "--cert", "c.pem", "--scope", scope, "secret.yaml").out
    assert unseal(tmp_path, text) == VALUES
    renamed = text.replace("  name: redis-auth", "  name: renamed")
    moved = text.replace("  namespace: redis-dev", "  namespace: redis-prod")
    assert text not in (renamed, moved)
    assert unseal(tmp_path, renamed) == (None if scope == "strict" else VALUES)
    assert unseal(tmp_path, moved) == (VALUES if scope == "cluster-wide" else None)


@pytest.mark.parametrize("scope", SCOPES)
def test_presync_writes_what_kubeseal_writes_but_for_the_record(run: Run, tmp_path: Path, scope: str) -> None:
    manifest = yaml.safe_load(MANIFEST)
    manifest["metadata"] |= {"annotations": {"on": "off"}, "finalizers": ["example.com/a"], "uid": "1", "generation": 3}
    manifest["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = "{}"
    manifest |= {"type": "kubernetes.io/basic-auth", "immutable": True}
    text = json.dumps(manifest)
    theirs = json.loads(kubeseal(tmp_path, "--cert", "c.pem", "--scope", scope, stdin=text).stdout)
    ours = yaml.safe_load(run("seal", "--cert", "c.pem", "--scope", scope, stdin=text.encode()).out)
    annotations = ours["metadata"]["annotations"]
    for name in [name for name in annotations if name.startswith("presync.example.com/")]:
        del annotations[name]
    if not annotations:
        del ours["metadata"]["annotations"]
    for one in (theirs, ours):
        one["spec"]["encryptedData"] = {key: len(text) for key, text in one["spec"]["encryptedData"].items()}
    assert ours == theirs


def test_extreme_values(run: Run, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(range(256)) * 4000)
    (tmp_path / "none").write_bytes(b"")
    text = run(
        "seal",
        "--cert",
        "c.pem",
        "-n",
        "a",
        "--name",
        "b",
        "--allow-empty",
        "--from-file",
        "big",
        "--from-file",
        "none",
    ).out
    assert unseal(tmp_path, text) == {"big": bytes(range(256)) * 4000, "none": b""}


def test_kubeseal_opens_what_presync_merges_into_its_file(run: Run, tmp_path: Path) -> None:
    for name, form in (("a.yaml", "yaml"), ("a.json", "json")):
        done = kubeseal(tmp_path, "--cert", "c.pem", "-o", form, stdin=MANIFEST)
        (tmp_path / name).write_text(done.stdout)
        assert run("seal", "--cert", "c.pem", "--merge-into", name, "--from-file", "more=secret.yaml").code == 0
        assert unseal(tmp_path, (tmp_path / name).read_text()) == VALUES | {"more": MANIFEST.encode()}


@pytest.mark.parametrize("scope", SCOPES)
def test_rotate_opens_what_kubeseal_seals(run: Run, tmp_path: Path, pair: Pair, scope: str) -> None:
    (tmp_path / "new.pem").write_bytes(pair.pem)
    for form in ("yaml", "json"):
        done = kubeseal(tmp_path, "--cert", "c.pem", "--scope", scope, "-o", form, stdin=MANIFEST)
        (tmp_path / f"a.{form}").write_text(done.stdout)
    assert "sealed for a key of 4096 bits, not 2048" in run("rotate", "--cert", "new.pem", "a.yaml", "a.json").out
    done = run("rotate", "--cert", "new.pem", "--private-key", "k.key", "a.yaml", "a.json")
    assert done.code == 0, done.err
    for form in ("yaml", "json"):
        text = (tmp_path / f"a.{form}").read_text()
        assert open_sealed(pair.key, text) == VALUES
        assert "presync.example.com/sealed-for" in text


def test_both_refuse_an_expired_certificate(run: Run, tmp_path: Path, long: Pair) -> None:
    (tmp_path / "old.pem").write_bytes(make_pair(days=-1000, key=long.key).pem)
    theirs = kubeseal(tmp_path, "--cert", "old.pem", stdin=MANIFEST)
    assert theirs.returncode and "expired certificate on February 26, 2024" in theirs.stderr
    assert "expired on 2024-02-26" in run("seal", "--cert", "old.pem", "secret.yaml").err
