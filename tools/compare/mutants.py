"""A mutated tree as other tools can read it: rendered objects, and the calls of Helm that would render them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presync.base.finding import Finding
from presync.findings.collect import collect
from presync.platform.load import load
from presync.platform.model import Platform
from tests.mutations.support import ROOT, Case, Changed, Link, Remembering, place, repository

SHARED = "platform"  # what belongs to no environment
Object = Mapping[str, Any]
Objects = Mapping[str, Mapping[str, Object]]  # by environment, then by Application and object


@dataclass(frozen=True)
class Call:
    """``helm template`` of one Application whose chart is a folder of the tree."""

    name: str
    namespace: str
    chart: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Mutant:
    """What a tree amounts to."""

    objects: Objects
    calls: tuple[Call, ...]
    findings: tuple[Finding, ...]


def read(engine: Remembering, files: Mapping[str, bytes | None]) -> Mutant:
    """The tree with these files changed."""
    platform = load(repository(), engine, tree=Changed(repository().worktree, files), memory=engine.renders)
    return Mutant(_objects(platform), tuple(_calls(platform)), tuple(collect(platform)))


def _objects(platform: Platform) -> Objects:
    found: dict[str, dict[str, Object]] = {}
    for entry in platform.entries:
        for resource in entry.rendered.resources:
            data = dict(resource.data)
            if resource.namespace:
                data["metadata"] = {**(data.get("metadata") or {}), "namespace": resource.namespace}
            found.setdefault(entry.environment or SHARED, {})[f"{entry.name} {resource}"] = data
    return found


def _calls(platform: Platform) -> list[Call]:
    calls = []
    for entry in platform.entries:
        application = entry.application
        for source in application.sources:
            if source.path.startswith("charts/"):
                files = [str(one).lstrip("/") for one in source.helm.get("valueFiles") or ()]
                calls.append(Call(application.name, application.destination.namespace, source.path, tuple(files)))
    return calls


def written(objects: Mapping[str, Object], folder: Path) -> Path:
    """The objects as files, one for each; JSON is YAML."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, (_, data) in enumerate(sorted(objects.items())):
        (folder / f"{number:04}.yaml").write_text(json.dumps(data, indent=1) + "\n")
    return folder


@dataclass(frozen=True)
class Difference:
    """What of the rendered objects a mutation changes, adds and takes away, by environment."""

    changed: Objects
    gone: Mapping[str, Sequence[str]]

    @classmethod
    def between(cls, before: Objects, after: Objects) -> Difference:
        """From one tree to the other."""
        changed, gone = {}, {}
        for name in sorted({*before, *after}):
            old, new = before.get(name, {}), after.get(name, {})
            changed[name] = {key: data for key, data in new.items() if old.get(key) != data}
            gone[name] = [key for key in old if key not in new]
        return cls(changed, gone)

    @classmethod
    def stored(cls, file: Path) -> Difference:
        """As it was saved."""
        data = json.loads(file.read_text())
        return cls(data["changed"], data["gone"])

    def save(self, file: Path) -> None:
        """For another run, which then renders nothing."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"changed": self.changed, "gone": self.gone}))

    def touches(self, environment: str) -> bool:
        """Whether anything is other there."""
        return bool(self.changed.get(environment) or self.gone.get(environment))

    def applied(self, before: Objects, environment: str) -> dict[str, Object]:
        """The objects of an environment after it."""
        gone = set(self.gone.get(environment, ()))
        kept = {key: data for key, data in before.get(environment, {}).items() if key not in gone}
        return {**kept, **self.changed.get(environment, {})}


class Copy:
    """A copy of the tree on disk, for tools that read files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "charts", "envs"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.split(b"\0")
        for name in filter(None, map(bytes.decode, names)):
            if (ROOT / name).is_file():
                self._write(name, (ROOT / name).read_bytes())
        for lock in sorted((folder / "charts").glob("*/Chart.lock")):
            shutil.copytree(folder / "charts" / "common", lock.parent / "charts" / "common")

    def _write(self, name: str, data: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if isinstance(data, Link):
            path.symlink_to(data.decode())
        else:
            path.write_bytes(data)

    def apply(self, files: Mapping[str, bytes | None]) -> None:
        """Make the changes; the library is copied into every chart again."""
        for name, data in files.items():
            if data is None:
                (self.folder / name).unlink(missing_ok=True)
            else:
                self._write(name, data)
        if any(name.startswith("charts/common/") for name in files):
            for packed in sorted((self.folder / "charts").glob("*/charts/common")):
                shutil.rmtree(packed)
                shutil.copytree(self.folder / "charts" / "common", packed)

    def restore(self, files: Mapping[str, bytes | None]) -> None:
        """Take them back."""
        self.apply({name: (ROOT / name).read_bytes() if (ROOT / name).is_file() else None for name in files})


def affected(calls: Sequence[Call], files: Mapping[str, bytes | None]) -> list[Call]:
    """The calls that read a changed file."""
    return [
        call
        for call in calls
        if any(name in call.files or name.startswith((f"{call.chart}/", "charts/common/")) for name in files)
    ]


def expected(case: Case, mutant: Mutant, files: Mapping[str, bytes | None]) -> Finding | None:
    """What presync says of the mistake."""
    for one in mutant.findings:
        file, line = place(one, files)
        if (one.rule, file) == (case.expect["rule"], case.expect["file"]) and case.expect.get("line", "") in line:
            return one
    return None
