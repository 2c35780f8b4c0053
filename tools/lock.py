"""Resolve tools/*.in into exact versions with hashes (`make lock`), with uv from PyPI in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
UV_HOME = TOOLS.parent / ".cache" / "tools" / "uv"


def main() -> int:
    """The runtime set first; the development set may not move what it contains."""
    uv = UV_HOME / "bin" / "uv"
    if not uv.exists():
        venv.create(UV_HOME, with_pip=True)
        subprocess.run([UV_HOME / "bin" / "pip", "install", "--quiet", "uv"], check=True)
    common = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--universal", "--no-header"]
    for name, extra in (("requirements", []), ("requirements-dev", ["--constraint", "requirements.lock"])):
        subprocess.run(
            [*common, "--python-version", "3.11", *extra, "--output-file", f"{name}.lock", f"{name}.in"],
            cwd=TOOLS,
            check=True,
        )
        print(f"tools/{name}.lock")
    return 0


if __name__ == "__main__":
    sys.exit(main())
