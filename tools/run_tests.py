"""Everything `make test` runs; each step is named, timed, and skipped only with a reason that is shown."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TYPED = (
    "tools/presync",
    "tools/controlplane",
    "tools/parity",
    "tools/bench",
    "tools/exporters",
    "tools/monitoring",
    "tools/gatekeeper",
    "tools/dashboards",
    "tools/compare",
    "tools/comment.py",
)
ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """A command and what it proves."""

    name: str
    command: tuple[str, ...]
    lint: bool = True
    folder: str = ""  # it runs in


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """A program of the virtual environment."""
    return (str(BIN / name), *arguments)


def python(*arguments: str) -> tuple[str, ...]:
    """This interpreter."""
    return (sys.executable, *arguments)


def tracked(*patterns: str) -> list[str]:
    """Files of the repository that match, new ones included, ignored ones not."""
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return sorted({name for name in out if name and (ROOT / name).is_file()})


def steps() -> list[Step]:
    """In the order that fails fastest."""
    workflows = tracked(".github/workflows/*.yaml", ".github/workflows/*.yml", "action.yaml", "action.yml")
    scripts = [".ci/run", *tracked("*.sh")]
    dockerfiles = tracked("*Dockerfile")
    found = [
        Step("ruff check", tool("ruff", "check", "tools", "images")),
        Step("ruff format", tool("ruff", "format", "--check", "--quiet", "tools", "images")),
        Step("mypy --strict", tool("mypy", "--config-file", "tools/pyproject.toml", *TYPED)),
        Step("import-linter", tool("lint-imports", "--config", "tools/pyproject.toml")),
        Step("yamllint", tool("yamllint", "--strict", ".")),
        Step("shellcheck", tool("shellcheck", *scripts)),
        Step("generated files are current", python("tools/generate.py", "--check")),
    ]
    if workflows:
        found.append(Step("actionlint", tool("actionlint", *[name for name in workflows if "workflows" in name])))
        found.append(Step("zizmor", tool("zizmor", "--offline", "--quiet", *workflows)))
    if dockerfiles:
        found.append(Step("hadolint", tool("hadolint", *dockerfiles)))
    found.append(Step("Helm CLI for the comparison", python("tools/fetch_helm.py"), lint=False))
    found.append(Step("Prometheus for its alerts", python("tools/fetch_prometheus.py"), lint=False))
    found.append(Step("axe-core for the page", python("tools/fetch_axe.py"), lint=False))
    found += dags()
    workers = str(os.cpu_count() or 1)
    # loadgroup keeps the tests that share one running control plane on one worker.
    # Three clusters, one after the other, for what only changes with a policy or with the way it is evaluated.
    print("== policies before the real Gatekeeper: NOT RUN here, `make gatekeeper` does", flush=True)
    options = ("-c", "tools/pyproject.toml", "-n", workers, "--dist", "loadgroup", "-rsfE")
    options = (*options, "--ignore-glob=*/tests/gatekeeper/test_live_*")
    found.append(Step("pytest", python("-m", "pytest", *options, "tools/tests"), lint=False))
    return found


def dags() -> list[Step]:
    """The data pipeline, with exactly the packages its Pods have; `make test` installs them."""
    home = ROOT / ".cache" / "dags" / "bin"
    interpreter = str(home / "python")
    found = [
        Step("ruff check dags", tool("ruff", "check", "."), folder="dags"),
        Step("ruff format dags", tool("ruff", "format", "--check", "--quiet", "."), folder="dags"),
    ]
    if (home / "python").exists():
        found.append(Step("mypy --strict dags", tool("mypy", "--python-executable", interpreter), folder="dags"))
        options = ("-n", str(os.cpu_count() or 1), "--dist", "loadfile", "-rsfE")
        found.append(Step("pytest dags", (interpreter, "-m", "pytest", *options), lint=False, folder="dags"))
    else:
        print("== pytest dags: SKIPPED, run `make test`, which installs Airflow into .cache/dags", flush=True)
    return found


def main() -> int:
    """Run them all, go on after a failure, and end with the list of what failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lint", action="store_true", help="only the linters")
    only_lint = parser.parse_args().lint
    failed = []
    for step in steps():
        if only_lint and not step.lint:
            continue
        start = time.monotonic()
        print(f"== {step.name}", flush=True)
        code = subprocess.run(step.command, cwd=ROOT / step.folder, check=False).returncode
        took = time.monotonic() - start
        print(f"   {'ok' if code == 0 else f'FAILED (exit {code})'} in {took:.1f} s", flush=True)
        if code:
            failed.append(step.name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
        return 1
    print("\nall passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
