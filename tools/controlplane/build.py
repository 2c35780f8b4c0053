"""Builds every program of the control plane once, from the modules pinned below `modules/`, into a cache folder.

A module lands in `<cache>/<module>-<key>/`, and the key is taken from its go.mod, its go.sum and the way it is built:
what is there is current, and a changed pin builds that module again and nothing else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from controlplane.programs import ALL, Module

#: Raised when the files in a module's folder are laid out differently for the same pins.
LAYOUT = 1
ONE_BUILD_SECONDS = 3 * 3600
ONE_COMMAND_SECONDS = 1200


class BuildError(Exception):
    """A program could not be built; the text says which and why."""


def cache() -> Path:
    """The folder all of this lives in: PRESYNC_CONTROLPLANE, else .cache/controlplane of the repository."""
    named = os.environ.get("PRESYNC_CONTROLPLANE")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[2] / ".cache" / "controlplane"


def go_environment() -> dict[str, str]:
    """Go's settings of this machine (proxy, caches), and those the result depends on: pinned, reproducible, no C."""
    return {**os.environ, "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false", "GOWORK": "off", "CGO_ENABLED": "0"}


def run(command: list[str], folder: Path, seconds: float = ONE_COMMAND_SECONDS) -> str:
    """Standard output of a command, or BuildError with the end of what it said."""
    try:
        answer = subprocess.run(
            command,
            cwd=folder,
            env=go_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"`{' '.join(command[:3])}` in {folder} took longer than {seconds:.0f} s") from error
    if answer.returncode:
        said = "\n".join(answer.stderr.strip().splitlines()[-12:])
        raise BuildError(f"`{' '.join(command[:3])} ...` in {folder} ended with {answer.returncode}:\n{said}")
    return answer.stdout


def folder_of(module: Module) -> Path:
    """Where the module's programs are, or would be."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((module.folder / name).read_bytes())
    described = {name: value for name, value in asdict(module).items() if name != "pins"}  # wherever its pins lie
    digest.update(json.dumps([LAYOUT, described, module.linker_flags], sort_keys=True).encode())
    return cache() / f"{module.name}-{digest.hexdigest()[:12]}"


def missing(modules: tuple[Module, ...] = ALL) -> list[str]:
    """Names of the modules that are not built."""
    return [module.name for module in modules if not (folder_of(module) / "bin").is_dir()]


def search_path(modules: tuple[Module, ...] = ALL) -> str:
    """The programs' folders, as a value of PATH."""
    return os.pathsep.join(str(folder_of(module) / "bin") for module in modules)


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time in a cache; a second one waits, then finds the work done."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy_files(module: Module, target: Path) -> None:
    if not module.files:
        return
    source = Path(run(["go", "list", "-m", "-f", "{{.Dir}}", module.path], module.folder).strip())
    for pattern, name in module.files.items():
        found = sorted(source.glob(pattern))
        if not found:
            raise BuildError(f"{module.path}@{module.version} has no file {pattern}")
        (target / name).mkdir(exist_ok=True)
        for file in found:
            copy = target / name / file.name
            shutil.copyfile(file, copy)
            if name == "bin":
                copy.chmod(copy.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _build_module(module: Module, target: Path) -> None:
    binaries = target / "bin"
    binaries.mkdir()
    flags = ["-ldflags", module.linker_flags]
    # Several packages are named after their programs and share one run of the compiler; a single one gets its name.
    if len(module.programs) > 1:
        destination, packages = f"{binaries}{os.sep}", list(module.programs.values())
    else:
        [(program, package)] = module.programs.items()
        destination, packages = str(binaries / program), [package]
    run(["go", "build", *flags, "-o", destination, *packages], module.folder, ONE_BUILD_SECONDS)
    for alias, program in module.aliases.items():
        (binaries / alias).symlink_to(program)
    _copy_files(module, target)


def build(report: Callable[[str], None] = print, modules: tuple[Module, ...] = ALL) -> dict[str, float]:
    """Build what is missing, and say how many seconds each module took."""
    took: dict[str, float] = {}
    with _alone():
        for module in modules:
            final = folder_of(module)
            if final.is_dir():
                continue
            report(f"building {', '.join(module.programs)} {module.version} ...")
            start = time.monotonic()
            draft = Path(tempfile.mkdtemp(prefix=f"{module.name}.", dir=cache()))
            draft.chmod(0o755)
            try:
                _build_module(module, draft)
                draft.rename(final)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            took[module.name] = time.monotonic() - start
            size = sum(file.stat().st_size for file in (final / "bin").iterdir() if not file.is_symlink())
            report(f"  {took[module.name]:.0f} s, {size / 1e6:.0f} MB")
    return took


def prune(modules: tuple[Module, ...] = ALL) -> list[str]:
    """Remove what older pins and interrupted builds left; not for a cache that several checkouts share."""
    keep = {folder_of(module) for module in modules}
    removed = []
    with _alone():
        for module in modules:
            for folder in sorted([*cache().glob(f"{module.name}-*"), *cache().glob(f"{module.name}.*")]):
                if folder not in keep:
                    shutil.rmtree(folder)
                    removed.append(folder.name)
    return removed
