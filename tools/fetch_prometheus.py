"""Puts the programs of Prometheus that tests ask into .cache/tools/prometheus: promtool, amtool, servers, exporters.

They come from Debian's packages, unpacked and never installed, pinned by version and sha256 in tools/prometheus.lock.
apt downloads them, with lists of its own, from the mirror this machine already uses; its signatures are checked by apt
and the hash is checked here. Linux on x86-64 with apt and dpkg-deb only. Debian's unstable moves on: when a pinned
version is gone there, this says so and what to do. Prints the folder.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "tools" / "prometheus.lock"
TARGET = ROOT / ".cache" / "tools" / "prometheus"
STAMP = TARGET / "prometheus.lock"  # a copy of the lock file that the programs were unpacked for
SUITE = "sid"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def main() -> int:
    """Download, check, unpack, and leave all programs or none."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64") or not all(
        shutil.which(one) for one in ("apt-get", "dpkg-deb")
    ):
        return skip("the pinned packages are Debian's for x86-64, and apt-get and dpkg-deb unpack them")
    lock = LOCK.read_text("utf-8")
    if not STAMP.is_file() or STAMP.read_text("utf-8") != lock:
        mirror = debian_mirror()
        if not mirror or not KEYS.is_file():
            return skip("apt on this machine knows no mirror of Debian (or needs `apt-get update` first)")
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TARGET.parent) as name:
            folder = Path(name)
            problem = download(folder, mirror, pinned(lock)) or unpack(folder, pinned(lock))
            if problem:
                return skip(problem)
            (folder / "bin" / "prometheus.lock").write_text(lock, "utf-8")
            shutil.rmtree(TARGET, ignore_errors=True)
            (folder / "bin").rename(TARGET)
    print(TARGET)
    return 0


def skip(why: str) -> int:
    """Tests that need the programs say that they were skipped; nothing else depends on them."""
    print(f"NO PROMETHEUS TO TEST WITH: {why}", file=sys.stderr)
    return 0


def pinned(lock: str) -> dict[str, tuple[str, str]]:
    """Package: version and sha256."""
    lines = (line.split() for line in lock.splitlines() if line and not line.startswith("#"))
    return {package: (version, digest) for package, version, digest in lines}


def debian_mirror() -> str:
    """Where apt gets Debian from on this machine."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return next((uri for uri in done.stdout.split() if uri.endswith("/debian/")), "")


def download(folder: Path, mirror: str, packages: dict[str, tuple[str, str]]) -> str:
    """Every package into the folder; else what went wrong."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "sources.list").write_text(f"deb [arch=amd64 signed-by={KEYS}] {mirror} {SUITE} main\n", "utf-8")
    options = []
    for key, value in (
        ("Dir::Etc::sourcelist", folder / "sources.list"),
        ("Dir::Etc::sourceparts", "/dev/null"),
        ("Dir::State::lists", folder / "lists"),
        ("Dir::Cache", folder / "cache"),
        ("APT::Sandbox::User", "root"),
        ("Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", "false"),
        ("Acquire::Languages", "none"),
    ):
        options += ["-o", f"{key}={value}"]
    names = [f"{package}={version}" for package, (version, _) in packages.items()]
    for step in (["update", "-qq"], ["download", "-qq", *names]):
        done = subprocess.run(
            ["apt-get", *options, *step], cwd=folder, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode:
            return f"apt-get {step[0]}: {done.stderr.strip()} (has Debian moved on? put new versions into {LOCK.name})"
    return ""


def unpack(folder: Path, packages: dict[str, tuple[str, str]]) -> str:
    """The programs of every package into bin/, after its hash is what the lock file says."""
    (folder / "bin").mkdir()
    for package, (_, digest) in packages.items():
        file = next(folder.glob(f"{package}_*.deb"))
        found = hashlib.sha256(file.read_bytes()).hexdigest()
        if found != digest:
            return f"{file.name} has the sha256 {found}, and not {digest}"
        out = folder / package
        subprocess.run(["dpkg-deb", "-x", str(file), str(out)], check=True)
        for program in (out / "usr" / "bin").iterdir():
            program.rename(folder / "bin" / program.name)
        # Debian's Alertmanager starts only with its templates in /usr/share: tests lay them there for it alone.
        shared = out / "usr" / "share" / "prometheus" / "alertmanager"
        if shared.is_dir():
            shutil.copytree(shared, folder / "bin" / "share" / "prometheus" / "alertmanager", symlinks=True)
    return ""


if __name__ == "__main__":
    sys.exit(main())
