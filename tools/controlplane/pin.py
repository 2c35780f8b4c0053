"""Writes go.mod and go.sum of a module again, for another version of its program.

Go honours `replace` only in the main module, so what upstream replaces is repeated here; a replacement by a directory
of upstream's own tree becomes the published module of the same release.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from controlplane.build import BuildError, go_environment, run
from controlplane.programs import Module


def _upstream(module: Module, version: str) -> dict[str, Any]:
    """go.mod of the module, as `go mod edit -json` shows it."""
    with tempfile.TemporaryDirectory() as empty:
        Path(empty, "go.mod").write_text("module empty\n", encoding="utf-8")
        answer = subprocess.run(
            ["go", "mod", "download", "-json", f"{module.path}@{version}"],
            cwd=empty,
            env=go_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    downloaded: dict[str, Any] = json.loads(answer.stdout or "{}")
    if answer.returncode or "GoMod" not in downloaded:
        raise BuildError(f"{module.path}@{version}: {downloaded.get('Error') or answer.stderr.strip()}")
    parsed: dict[str, Any] = json.loads(run(["go", "mod", "edit", "-json", downloaded["GoMod"]], Path(empty).parent))
    return parsed


def _replacements(module: Module, version: str, upstream: dict[str, Any]) -> list[str]:
    lines = []
    for entry in upstream.get("Replace") or []:
        old, new = entry["Old"]["Path"], entry["New"]
        if "Version" in new:
            target = f"{new['Path']} {new['Version']}"
        elif old in module.detached:
            target = f"{old} {module.detached[old]}"
        elif module.path == "k8s.io/kubernetes" and old.startswith("k8s.io/"):
            # Kubernetes 1.X.Y publishes the libraries of its staging folder as v0.X.Y.
            target = f"{old} {re.sub('^v1[.]', 'v0.', version)}"
        else:
            continue  # only for work on upstream itself: its own release is required, or nothing is
        lines.append(f"\t{old} => {target}")
    return lines


def pin(module: Module, version: str) -> None:
    """Take `version` of the module's program; the files are written only when Go could resolve everything."""
    upstream = _upstream(module, version)
    lines = [f"module controlplane/{module.name}", "", f"go {upstream['Go']}", ""]
    lines += ["tool (", *(f"\t{package}" for package in sorted(module.programs.values())), ")", ""]
    lines += [f"require {module.path} {version}", ""]
    replacements = _replacements(module, version, upstream)
    if replacements:
        lines += ["replace (", *replacements, ")", ""]
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch)
        (draft / "go.mod").write_text("\n".join(lines), encoding="utf-8")
        run(["go", "mod", "tidy"], draft)
        module.folder.mkdir(parents=True, exist_ok=True)
        for name in ("go.mod", "go.sum"):
            (module.folder / name).write_bytes((draft / name).read_bytes())
