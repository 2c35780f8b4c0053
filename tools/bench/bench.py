"""`make bench`: wall time, CPU time and peak memory of each verb, on this tree and on generated ones.

`diff` is that of one changed value against the last commit. "again" is a second run on the same state, "file added" one
with Helm's answers of the first on a state with one more file; everything else runs without the cache. Last comes what
finding dead values and explaining a field cost.

Each command runs as a process of its own; the figures are the median of the runs, children included. Where a Helm CLI
is at hand (see tools/fetch_helm.py), `helm template` once per Application is measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import parts

import generate

ROOT = Path(__file__).resolve().parent.parent.parent
PRESYNC = Path(sys.executable).parent / "presync"
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Figures:
    """One run: seconds, seconds, MiB summed over the process and its children, exit status."""

    wall: float
    cpu: float
    memory: float
    status: int


def measure(command: list[str], folder: Path, cache: str = "off") -> Figures:
    """Run a command and watch it and its children."""
    environment = {**os.environ, "PRESYNC_CACHE": cache}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], _resident(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    wall = time.perf_counter() - start
    done.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(wall, cpu, peak[0] / 2**20, status)


def _resident(pid: int) -> float:
    """Bytes of the process and everything below it; 0 once it is gone."""
    total, pending = 0.0, [pid]
    while pending:
        current = pending.pop()
        try:
            total += int(Path(f"/proc/{current}/statm").read_text().split()[1]) * _PAGE
            pending += [int(child) for child in Path(f"/proc/{current}/task/{current}/children").read_text().split()]
        except (OSError, ValueError, IndexError):
            continue
    return total


def median(
    command: list[str], folder: Path, runs: int, cache: str = "off", prepare: Callable[[], object] = lambda: None
) -> Figures:
    """The run with the median wall time."""
    figures = []
    for _ in range(runs):
        prepare()
        figures.append(measure(command, folder, cache))
    return sorted(figures, key=lambda one: one.wall)[len(figures) // 2]


def file_added(folder: Path) -> None:
    """Another state of the tree, with the same Applications."""
    (folder / f"note-{time.time_ns()}.txt").write_text("", "utf-8")


def one_value_changed(folder: Path) -> None:
    """Commit the tree, unless it is one of git's, and change one value of one Application of dev."""
    if not (folder / ".git").exists():
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"]
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "bench"]):
            subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)
    values = sorted(folder.glob("envs/dev/*/values.yaml"))
    chosen = next((one for one in values if one.parent.name == "redis"), values[0])
    text = chosen.read_text("utf-8")
    for old, new in (("memory: 512Mi", "memory: 640Mi"), ("replicas: ", "replicas: 1")):
        if old in text:
            chosen.write_text(text.replace(old, new), "utf-8")
            return
    raise SystemExit(f"{chosen} has no value that bench knows how to change")


def helm_per_application(helm: str, folder: Path, out: Path) -> list[str]:
    """A shell script that calls `helm template` once per Application of the tree, as Argo CD does."""
    listed = subprocess.run([PRESYNC, "-C", folder, "apps", "-o", "json"], capture_output=True, check=False).stdout
    lines = ["set -e"]
    for application in json.loads(listed):
        source = application["spec"].get("source") or {}
        if not (folder / source.get("path", "-") / "Chart.yaml").is_file():
            continue
        chart = out / "charts" / source["path"]
        if not chart.exists():
            shutil.copytree(folder / source["path"], chart, ignore=shutil.ignore_patterns("*.tgz"))
            for library in folder.glob("charts/common"):
                if library != folder / source["path"]:
                    shutil.copytree(library, chart / "charts" / "common", dirs_exist_ok=True)
        files = [f"-f '{folder}{name}'" for name in source.get("helm", {}).get("valueFiles", ())]
        name, namespace = application["metadata"]["name"], application["spec"]["destination"]["namespace"]
        lines.append(f"'{helm}' template {name} '{chart}' -n {namespace} --include-crds {' '.join(files)} > /dev/null")
    script = out / "helm.sh"
    script.write_text("\n".join(lines) + "\n", "utf-8")
    return ["sh", str(script)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10,100,500", help="Applications per environment of the generated trees")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--helm", default=os.environ.get("PRESYNC_HELM") or _cached_helm())
    arguments = parser.parse_args()
    print(f"{'tree':<16} {'command':<26} {'wall s':>8} {'cpu s':>8} {'peak MiB':>9}  exit")
    with tempfile.TemporaryDirectory() as temporary:
        clone = Path(temporary) / "this"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        trees = [("this repository", clone)]
        for size in (int(text) for text in arguments.sizes.split(",") if text):
            folder = Path(temporary) / f"tree-{size}"
            generate.write(folder, size)
            trees.append((f"{size} x 2", folder))
        for name, folder in trees:
            one_value_changed(folder)
            verbs = {"apps": ["apps"], "render": ["render"], "check": ["check"], "diff": ["diff", "HEAD"]}
            commands = {verb: [str(PRESYNC), "-C", str(folder), *words] for verb, words in verbs.items()}
            cache = str(Path(temporary) / f"cache-{folder.name}")
            for verb in ("check", "diff"):
                measure(commands[verb], folder, cache)
                commands[f"{verb}, again"] = commands[verb]
            for verb in ("check", "diff"):  # last: from then on it is another state
                commands[f"{verb}, file added"] = commands[verb]
            if arguments.helm:
                out = Path(temporary) / f"helm-{folder.name}"
                out.mkdir()
                commands["helm template, each"] = helm_per_application(arguments.helm, folder, out)
            for verb, command in commands.items():
                runs = 1 if verb.startswith("helm") and name.startswith("500") else arguments.runs
                kept = cache if "," in verb and not verb.startswith("helm") else "off"
                prepare = partial(file_added, folder) if verb.endswith("added") else lambda: None
                one = median(command, folder, runs, kept, prepare)
                print(
                    f"{name:<16} {verb:<26} {one.wall:>8.2f} {one.cpu:>8.2f} {one.memory:>9.0f}  {one.status}",
                    flush=True,
                )
    for line in parts.main(ROOT):
        print(line, flush=True)


def _cached_helm() -> str:
    path = ROOT / ".cache" / "tools" / "helm"
    return str(path) if path.is_file() else ""


if __name__ == "__main__":
    main()
