"""The Feast of the image, outside the image: installed from the same lock file, started as the Deployment starts it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from monitoring.tree import Object

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "images" / "feast" / "requirements.lock"
TARGET = ROOT / ".cache" / "tools" / "feast"
STAMP = TARGET / "requirements.lock"  # a copy of the lock file that it was installed from
INSTALL_SECONDS = 900


def program() -> str | None:
    """Feast: named by PRESYNC_FEAST, or installed here from the lock file as it is now."""
    named = os.environ.get("PRESYNC_FEAST")
    if named:
        return named
    current = STAMP.is_file() and LOCK.is_file() and STAMP.read_bytes() == LOCK.read_bytes()
    return str(TARGET / "bin" / "feast") if current else None


def install() -> Path:
    """Install it, all or nothing; about half a gigabyte."""
    if program() is None:
        shutil.rmtree(TARGET, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(TARGET)], check=True, timeout=INSTALL_SECONDS)
        pip = [str(TARGET / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        exact = ["--only-binary=:all:", "--require-hashes", "--requirement", str(LOCK)]
        subprocess.run([*pip, *exact], check=True, timeout=INSTALL_SECONDS)
        shutil.copyfile(LOCK, STAMP)
    return TARGET


def repository(objects: Iterable[Object], registry: Path) -> dict[str, str]:
    """The files of the rendered feature repository. S3 does not run here, so the registry is a file."""
    [files] = [one["data"] for one in objects if one["kind"] == "ConfigMap" and "feature_store.yaml" in one["data"]]
    text, count = re.subn(
        r"^(\s+path: )s3://\S+$", rf"\g<1>{registry}", files["feature_store.yaml"], flags=re.MULTILINE
    )
    if count != 1:
        raise ValueError("feature_store.yaml names no registry on S3, or several")
    return {**files, "feature_store.yaml": text}
