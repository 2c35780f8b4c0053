"""Build Gatekeeper's gator from its Go module, for the tests that compare with it; needs Go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "v3.23.1"
MODULE = f"github.com/open-policy-agent/gatekeeper/v3/cmd/gator@{VERSION}"
FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "tools" / "gatekeeper"


def main() -> int:
    """Nothing to do where it is there already."""
    if (FOLDER / "gator").is_file():
        return 0
    go = shutil.which("go")
    if go is None:
        print("gator is not built: there is no Go here", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "GOBIN": str(FOLDER), "GOTOOLCHAIN": "local"}
    command = ["nice", "-n", "15", go, "install", "-trimpath", "-ldflags", "-s -w", MODULE]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
