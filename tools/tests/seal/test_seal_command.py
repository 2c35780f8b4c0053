"""``presync seal`` as a user meets it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from .conftest import MANIFEST, Pair, Run, make_pair, open_sealed, sign

PLACE = ("-n", "redis-dev", "--name", "redis-auth")


@pytest.fixture(autouse=True)
def files(tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "c.pem").write_bytes(pair.pem)
    (tmp_path / "secret.yaml").write_text(MANIFEST)
    (tmp_path / "pw").write_text("hunter2")


def test_file_to_standard_output(run: Run, pair: Pair) -> None:
    done = run("seal", "--cert", "c.pem", "secret.yaml")
    assert (done.code, done.err) == (0, "")
    assert open_sealed(pair.key, done.out) == {"password": b"hunter2", "user": b"feast"}
    assert "hunter2" not in done.text and "aHVudGVyMg" not in done.text
    data = yaml.safe_load(done.out)
    assert data["spec"]["template"]["metadata"] == {
        "name": "redis-auth",
        "namespace": "redis-dev",
        "labels": {"team": "1"},
    }
    assert list(data) == ["apiVersion", "kind", "metadata", "spec"]


@pytest.mark.parametrize("scope", ["strict", "namespace-wide", "cluster-wide"])
def test_scopes(run: Run, pair: Pair, scope: str) -> None:
    done = run("seal", "--cert", "c.pem", "--scope", scope, stdin=MANIFEST.encode())
    assert open_sealed(pair.key, done.out)["password"] == b"hunter2"
    assert (f"sealedsecrets.bitnami.com/{scope}" in done.out) is (scope != "strict")


def test_scope_from_the_manifest_and_the_option_wins(run: Run, pair: Pair) -> None:
    manifest = yaml.safe_load(MANIFEST)
    manifest["metadata"]["annotations"] = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    text = json.dumps(manifest).encode()
    assert "sealed-for: cluster-wide" in run("seal", "--cert", "c.pem", "-", stdin=text).out
    strict = run("seal", "--cert", "c.pem", "--scope", "strict", "-", stdin=text).out
    assert "cluster-wide" not in strict
    assert open_sealed(pair.key, strict)["user"] == b"feast"


def test_several_documents(run: Run, tmp_path: Path) -> None:
    two = MANIFEST + "---\n" + MANIFEST.replace("redis-auth", "second")
    done = run("seal", "--cert", "c.pem", "--out", "o.yaml", stdin=two.encode())
    documents = list(yaml.safe_load_all((tmp_path / "o.yaml").read_text()))
    assert [document["metadata"]["name"] for document in documents] == ["redis-auth", "second"]
    assert done.err.count("sealed password, user for strict:redis-dev/") == 2


def test_built_from_files_and_a_pipe(run: Run, pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"\0\xff\n\n")
    (tmp_path / "env").write_text("# c\nA=1\nB=x=y\n")
    done = run(
        "seal", "--cert", "c.pem", *PLACE, "--from-file", "password=-", "--from-file", "raw", "--from-file", "k=pw",
        "--from-env-file", "env", "--label", "a=b", "--type", "example.com/t", stdin=b"piped",
    )  # fmt: skip
    assert open_sealed(pair.key, done.out) == {
        "password": b"piped",
        "raw": b"\0\xff\n\n",
        "k": b"hunter2",
        "A": b"1",
        "B": b"x=y",
    }
    template = yaml.safe_load(done.out)["spec"]["template"]
    assert (template["type"], template["metadata"]["labels"]) == ("example.com/t", {"a": "b"})


def test_a_newline_at_the_end_is_mentioned(run: Run, pair: Pair) -> None:
    done = run("seal", "--cert", "c.pem", *PLACE, "--from-file", "password=-", stdin=b"hunter2\n")
    assert "password ends with a newline" in done.err
    assert open_sealed(pair.key, done.out) == {"password": b"hunter2\n"}


def test_certificate_of_the_environment(run: Run, tmp_path: Path, pair: Pair, other: Pair) -> None:
    for env, one in (("dev", pair), ("prod", other)):
        (tmp_path / "envs" / env / "secrets").mkdir(parents=True)
        (tmp_path / "envs" / env / "sealed-secrets.pem").write_bytes(one.pem)
    assert open_sealed(other.key, run("seal", "--env", "prod", "secret.yaml").out)
    out = tmp_path / "envs" / "prod" / "secrets" / "a.yaml"
    assert run("seal", "secret.yaml", "--out", out).code == 0
    assert open_sealed(other.key, out.read_text())
    missing = run("seal", "--env", "test", "secret.yaml")
    assert missing.code == 2
    assert "Environments that have one: dev, prod" in missing.err
    assert "exclude each other" in run("seal", "--env", "dev", "--cert", "c.pem", "secret.yaml").err


def test_out_replaces_and_says_what_is_gone(run: Run, tmp_path: Path) -> None:
    run("seal", "--cert", "c.pem", "secret.yaml", "--out", "o.yaml")
    (tmp_path / "o.yaml").chmod(0o644)
    done = run("seal", "--cert", "c.pem", *PLACE, "--from-file", "new=pw", "--out", "o.yaml")
    assert "o.yaml had redis-dev/redis-auth password, redis-dev/redis-auth user before" in done.err
    assert stat.S_IMODE((tmp_path / "o.yaml").stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.pem", "o.yaml", "pw", "secret.yaml"]


def test_merge(run: Run, tmp_path: Path, pair: Pair) -> None:
    path = tmp_path / "o.yaml"
    run("seal", "--cert", "c.pem", "secret.yaml", "--out", path)
    before = "# why\n" + path.read_text().replace("spec:", "spec:  # keep")
    path.write_text(before)
    done = run("seal", "--cert", "c.pem", "--merge-into", path, "--from-file", "user=pw", "--from-file", "new=pw")
    after = path.read_text()
    assert (done.code, done.out) == (0, "")
    assert open_sealed(pair.key, after) == {"password": b"hunter2", "user": b"hunter2", "new": b"hunter2"}
    kept = [line for line in before.splitlines() if not line.strip().startswith("user")]
    added = [line for line in after.splitlines() if line not in kept]
    assert [line.split()[0] for line in added] == ["new", "user", "user:", "new:"]
    assert [line for line in after.splitlines() if line in kept] == kept


def test_merge_from_a_manifest_without_a_name(run: Run, tmp_path: Path, pair: Pair) -> None:
    run("seal", "--cert", "c.pem", "--scope", "namespace-wide", "secret.yaml", "--out", "o.yaml")
    done = run(
        "seal",
        "--cert",
        "c.pem",
        "--merge-into",
        "o.yaml",
        stdin=b"apiVersion: v1\nkind: Secret\nstringData: {new: v}\n",
    )
    assert done.code == 0, done.err
    assert open_sealed(pair.key, (tmp_path / "o.yaml").read_text())["new"] == b"v"


def test_merge_into_what_kubeseal_prints_as_json(run: Run, tmp_path: Path, pair: Pair) -> None:
    out = run("seal", "--cert", "c.pem", "secret.yaml").out
    (tmp_path / "o.json").write_text(json.dumps(yaml.safe_load(out)))
    assert run("seal", "--cert", "c.pem", "--merge-into", "o.json", "--from-file", "n=pw").code == 0
    assert open_sealed(pair.key, json.dumps(json.loads((tmp_path / "o.json").read_text())))["n"] == b"hunter2"


def test_merge_chooses_among_several(run: Run, tmp_path: Path) -> None:
    two = MANIFEST + "---\n" + MANIFEST.replace("redis-auth", "second")
    run("seal", "--cert", "c.pem", "--out", "o.yaml", stdin=two.encode())
    unclear = run("seal", "--cert", "c.pem", "--merge-into", "o.yaml", "--from-file", "n=pw")
    assert unclear.code == 2
    assert "redis-dev/redis-auth, redis-dev/second: which one?" in unclear.err
    assert run("seal", "--cert", "c.pem", "--merge-into", "o.yaml", "--name", "second", "--from-file", "n=pw").code == 0
    first, second = yaml.safe_load_all((tmp_path / "o.yaml").read_text())
    assert "n" not in first["spec"]["encryptedData"] and "n" in second["spec"]["encryptedData"]


def test_merge_refuses_a_renamed_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "o.yaml"
    run("seal", "--cert", "c.pem", "secret.yaml", "--out", path)
    renamed = path.read_text().replace("name: redis-auth", "name: other")
    path.write_text(renamed)
    done = run("seal", "--cert", "c.pem", "--merge-into", path, "--from-file", "n=pw")
    assert done.code == 2 and "was sealed for the name redis-auth" in done.err
    assert path.read_text() == renamed


REFUSED = {
    "typo in the manifest": (["secrets.yaml"], b"", "cannot read the manifest from secrets.yaml: No such file"),
    "typo in a value's path": (
        [*PLACE, "--from-file", "k=pv"],
        b"",
        "cannot read the value of k from pv: No such file",
    ),
    "a folder": ([*PLACE, "--from-file", "k=."], b"", "Is a directory"),
    "typo in out": (["secret.yaml", "--out", "no/where.yaml"], b"", "there is no folder no"),
    "typo in merge-into": (["secret.yaml", "--merge-into", "nowhere.yaml"], b"", "nowhere.yaml does not exist"),
    "empty pipe": ([], b"", "standard input is empty"),
    "empty pipe as a value": ([*PLACE, "--from-file", "k=-"], b"", "the value of k is empty"),
    "no namespace": (["--name", "a", "--from-file", "k=pw"], b"", "namespace is not known"),
    "no name": (["-n", "a", "--from-file", "k=pw"], b"", "has no name"),
    "other namespace": (["secret.yaml", "-n", "prod"], b"", "namespace is redis-dev, and prod is asked for"),
    "both inputs": (["secret.yaml", *PLACE, "--from-file", "k=pw"], b"", "either MANIFEST or"),
    "two pipes": ([*PLACE, "--from-file", "k=-", "--from-file", "l=-"], b"x", "only one value"),
    "key twice": ([*PLACE, "--from-file", "k=pw", "--from-file", "k=pw"], b"", "k is given twice"),
    "nothing to prompt on": ([*PLACE, "--key", "k"], b"", "--from-file KEY=-"),
    "value as key": ([*PLACE, "--key", "k=hunter2"], b"", "never given on the command line"),
    "value as option": ([*PLACE, "--from-literal=k=hunter2"], b"", "No such option"),
    "no path": ([*PLACE, "--from-file", "k="], b"", "names no file"),
    "no key": ([*PLACE, "--from-file", "-"], b"x", "needs a key"),
    "type beside a manifest": (["secret.yaml", "--type", "t"], b"", "belong to a Secret that is put together"),
    "label": ([*PLACE, "--label", "x", "--from-file", "k=pw"], b"", "not of the form KEY=VALUE"),
    "out and merge": (["secret.yaml", "--out", "a", "--merge-into", "b"], b"", "exclude each other"),
    "address": (["secret.yaml", "--cert", "https://example.com/v1/cert.pem"], b"", "takes a file, not the address"),
    "typo in cert": (["secret.yaml", "--cert", "d.pem"], b"", "cannot read the certificate from d.pem"),
    "one name for several": (
        ["--name", "redis-auth"],
        (MANIFEST + "---\n" + MANIFEST).encode(),
        "cannot all be called",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(run: Run, tmp_path: Path, case: str) -> None:
    arguments, stdin, reason = REFUSED[case]
    before = sorted(tmp_path.iterdir())
    certificate = [] if "--cert" in arguments else ["--cert", "c.pem"]
    done = run("seal", *certificate, *arguments, stdin=stdin)
    assert (done.code, done.out) == (2, "")
    assert reason in done.err
    assert "hunter2" not in done.err
    assert sorted(tmp_path.iterdir()) == before


def test_no_certificate(run: Run) -> None:
    assert "which certificate?" in run("seal", "secret.yaml").err
    assert "sealed-secrets.pem beside o.yaml" in run("seal", "secret.yaml", "--out", "o.yaml").err


def test_expired_certificate(run: Run, tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "old.pem").write_bytes(sign(pair.key, -1000))
    done = run("seal", "--cert", "old.pem", "secret.yaml")
    assert done.code == 2
    assert "old.pem: the certificate expired on 2024-02-26" in done.err


def test_private_key_as_certificate(run: Run, tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "k.pem").write_bytes(pair.private_pem)
    assert "this is a private key" in run("seal", "--cert", "k.pem", "secret.yaml").err


def test_the_newest_certificate_seals(run: Run, tmp_path: Path, pair: Pair) -> None:
    newest = make_pair()
    (tmp_path / "two.pem").write_bytes(newest.pem + pair.pem)
    assert open_sealed(newest.key, run("seal", "--cert", "two.pem", "secret.yaml").out)


def test_empty_on_purpose(run: Run, pair: Pair) -> None:
    done = run("seal", "--cert", "c.pem", *PLACE, "--allow-empty", "--from-file", "k=-")
    assert open_sealed(pair.key, done.out) == {"k": b""}


def test_a_megabyte(run: Run, tmp_path: Path, pair: Pair) -> None:
    (tmp_path / "big").write_bytes(b"\0" * 1024 * 1024)
    done = run("seal", "--cert", "c.pem", *PLACE, "--from-file", "big")
    assert open_sealed(pair.key, done.out) == {"big": b"\0" * 1024 * 1024}
    (tmp_path / "big").write_bytes(b"\0" * (1024 * 1024 + 1))
    assert "has more than 1,048,576 bytes" in run("seal", "--cert", "c.pem", *PLACE, "--from-file", "big").err
