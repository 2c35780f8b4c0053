"""What both images must show."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import loopback_s3

BUCKET = "smoke"


def run(*checks: Callable[[], object]) -> None:
    """Each check by its first line; the first that fails ends the program."""
    for check in checks:
        start = time.monotonic()
        result = check()
        note = f": {result}" if result is not None else ""
        print(
            f"ok {(check.__doc__ or check.__name__).splitlines()[0]}{note} ({time.monotonic() - start:.1f} s)",
            flush=True,
        )
    print("all good")


def command(*words: str, timeout: int = 180) -> str:
    """The output of a program that must succeed."""
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode:
        sys.exit(
            f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout.strip()


def expect(condition: object, message: str) -> None:
    """An assertion that -O does not remove."""
    if not condition:
        sys.exit(f"failed: {message}")


def user(uid: int, gid: int) -> Callable[[], str]:
    """The user of the image, not root, without a way back."""

    def check() -> str:
        """not root"""
        expect(
            (os.getuid(), os.geteuid()) == (uid, uid),
            f"user {os.getuid()} instead of {uid}",
        )
        expect(os.getgid() == gid, f"group {os.getgid()} instead of {gid}")
        status = dict(
            line.split(":\t", 1)
            for line in Path("/proc/self/status").read_text().splitlines()
        )
        expect(int(status["CapEff"], 16) == 0, f"capabilities {status['CapEff']}")
        expect(
            status["NoNewPrivs"] == "1",
            "started without no_new_privs: the smoke test is to run like the pods do",
        )
        return f"uid {uid}, gid {gid}"

    return check


def read_only(*folders: str) -> Callable[[], None]:
    """Everything but /tmp refuses to be written to; all other checks then show that nothing needs more."""

    def check() -> None:
        """read-only but for /tmp"""
        for folder in (*folders, "/", "/opt/venv", "/usr/local/bin", "/var/tmp"):
            try:
                with tempfile.TemporaryFile(dir=folder):
                    pass
            except OSError as error:
                expect(error.errno in {errno.EROFS, errno.EACCES}, f"{folder}: {error}")
            else:
                sys.exit(f"failed: {folder} can be written to")
        with tempfile.TemporaryFile(dir="/tmp"):
            pass

    return check


def no_pip() -> None:
    """nothing can be installed"""
    for python in (sys.executable, "/usr/local/bin/python3"):
        if Path(python).exists():
            done = subprocess.run(
                [python, "-m", "pip", "--version"], capture_output=True, check=False
            )
            expect(done.returncode, f"{python} has pip")


def use_loopback_s3() -> None:
    """Point every AWS client of this process and its children at an S3 of our own."""
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(
        AWS_ACCESS_KEY_ID="smoke",
        AWS_SECRET_ACCESS_KEY="smoke",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_ENDPOINT_URL=loopback_s3.start(),
    )


def s3fs_works() -> str:
    """s3fs writes and reads Parquet and CSV on S3"""
    import pandas as pd
    import s3fs

    expect(
        tuple(map(int, s3fs.__version__.split(".")[:1])) >= (2026,),
        f"s3fs {s3fs.__version__} is ancient",
    )
    table = pd.DataFrame({"user_id": [1, 2], "visits": [3.5, None]})
    table.to_parquet(f"s3://{BUCKET}/t.parquet", filesystem=s3fs.S3FileSystem())
    table.to_csv(f"s3://{BUCKET}/t.csv", index=False)
    for back in (
        pd.read_parquet(f"s3://{BUCKET}/t.parquet", filesystem=s3fs.S3FileSystem()),
        pd.read_csv(f"s3://{BUCKET}/t.csv"),
    ):
        pd.testing.assert_frame_equal(back, table)
    expect(
        sorted(s3fs.S3FileSystem().ls(BUCKET))
        == [f"{BUCKET}/t.csv", f"{BUCKET}/t.parquet"],
        "listing",
    )
    return s3fs.__version__
