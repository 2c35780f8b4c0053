"""Resolve *.in into exact versions with hashes (`make lock`), with uv from PyPI in a folder of its own.

What is locked stays as it is unless its .in file asks for something else; ``--upgrade-package NAME`` moves one package,
in every set that has it, and ``--upgrade`` all.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
ROOT = TOOLS.parent
UV_HOME = ROOT / ".cache" / "tools" / "uv"


@dataclass(frozen=True)
class Set:
    """One .in file and its lock; ``within`` is a lock whose versions it may not move."""

    folder: str
    name: str = "requirements"
    within: str = ""
    options: tuple[str, ...] = ()


# One version of a package for every Python, so that tests on 3.11 see what the image on 3.12 has.
ALIKE = ("--fork-strategy", "fewest")
# Each after the one it is within.
SETS = (
    Set("tools"),
    Set("tools", "requirements-dev", within="requirements"),
    Set("images/airflow", options=ALIKE),
    Set("images/airflow", "requirements-test", within="requirements", options=ALIKE),
    Set("images/airflow", "requirements-spark", within="requirements-test", options=ALIKE),
    Set("images/feast", options=ALIKE),
)


def main() -> int:
    """All sets, in their order; arguments go to uv."""
    uv = UV_HOME / "bin" / "uv"
    if not uv.exists():
        venv.create(UV_HOME, with_pip=True)
        subprocess.run([UV_HOME / "bin" / "pip", "install", "--quiet", "uv"], check=True)
    common = [str(uv), "pip", "compile", "--quiet", "--generate-hashes", "--universal", "--no-header", *sys.argv[1:]]
    for each in SETS:
        within = ("--constraint", f"{each.within}.lock") if each.within else ()
        files = ("--output-file", f"{each.name}.lock", f"{each.name}.in")
        subprocess.run(
            [*common, "--python-version", "3.11", *each.options, *within, *files], cwd=ROOT / each.folder, check=True
        )
        print(f"{each.folder}/{each.name}.lock")
    return 0


if __name__ == "__main__":
    sys.exit(main())
