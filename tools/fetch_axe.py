"""Puts axe-core, which tells whether a page is accessible, into .cache/tools/axe.js for the tests.

npm downloads the one archive, with whatever registry this machine has set, and installs nothing; the archive is pinned
by hash in tools/axe.lock. Without npm the tests say that they ran without it. Prints the path.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "axe.lock"
TARGET = ROOT / ".cache" / "tools" / "axe.js"
STAMP = TARGET.with_name("axe.lock")  # a copy of the lock file that it was unpacked for


def main() -> int:
    """Download, check, and leave a script that is whole or none at all."""
    lock = LOCK.read_text("utf-8")
    if not TARGET.is_file() or not STAMP.is_file() or STAMP.read_text("utf-8") != lock:
        npm = shutil.which("npm")
        if npm is None:
            return skip("npm is not installed")
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TARGET.parent) as folder:
            problem = unpack(npm, Path(folder), lock.splitlines()[-1])
            if problem:
                return skip(problem)
            Path(folder, "axe.js").replace(TARGET)
        STAMP.write_text(lock, "utf-8")
    print(TARGET)
    return 0


def skip(why: str) -> int:
    """The test that needs it says that it was skipped; nothing else depends on it."""
    print(f"NO AXE TO TEST WITH: {why}", file=sys.stderr)
    return 0


def unpack(npm: str, folder: Path, pinned: str) -> str:
    """The script out of the archive, after its hash is what the lock file says; else what went wrong."""
    package, version, digest = pinned.split()
    command = [npm, "pack", "--silent", f"{package}@{version}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return f"npm pack {package} did not finish in two minutes"
    archive = next(folder.glob("*.tgz"), None)
    if done.returncode or archive is None:
        return f"npm pack {package}: {(done.stderr.strip() or 'no archive')[-200:]}"
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != digest:
        return f"{archive.name} has the sha256 {found}, and not {digest}"
    with tarfile.open(archive) as tar:
        script = tar.extractfile("package/axe.min.js")
        if script is None:
            return f"{archive.name} has no package/axe.min.js"
        (folder / "axe.js").write_bytes(script.read())
    return ""


if __name__ == "__main__":
    sys.exit(main())
