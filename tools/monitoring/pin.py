"""Writes go.mod and go.sum of a program again, for another version.

They start as the program's own files: resolved from nothing, the libraries of the operator contradict each other.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from controlplane import build
from controlplane.build import run
from controlplane.programs import Module


def pin(program: Module, version: str) -> None:
    """Take `version`; the files are written only when it could be built."""
    with tempfile.TemporaryDirectory() as scratch:
        draft = Path(scratch)
        (draft / "go.mod").write_text("module empty\n", encoding="utf-8")
        said: dict[str, Any] = json.loads(run(["go", "mod", "download", "-json", f"{program.path}@{version}"], draft))
        for name in ("go.mod", "go.sum"):
            (draft / name).write_bytes((Path(said["Dir"]) / name).read_bytes())
        upstream: dict[str, Any] = json.loads(run(["go", "mod", "edit", "-json"], draft))
        package = program.folder.parents[1].name
        edits = [f"-module={package}/{program.name}", f"-require={program.path}@{version}"]
        # Folders of upstream's own tree are not in its module; its own releases are required instead.
        edits += [f"-dropreplace={one['Old']['Path']}" for one in upstream.get("Replace") or [] if _local(one)]
        edits += [f"-droptool={one['Path']}" for one in upstream.get("Tool") or []]
        edits += [f"-tool={package}" for package in program.programs.values()]
        run(["go", "mod", "edit", *edits], draft)
        # -mod=mod adds what is missing. `go mod tidy` would ask for the tests of every library too.
        packages = list(program.programs.values())
        run(["go", "build", "-mod=mod", "-o", str(draft / "bin") + "/", *packages], draft, build.ONE_BUILD_SECONDS)
        program.folder.mkdir(parents=True, exist_ok=True)
        for name in ("go.mod", "go.sum"):
            (program.folder / name).write_bytes((draft / name).read_bytes())


def _local(replacement: dict[str, Any]) -> bool:
    return "Version" not in replacement["New"]
