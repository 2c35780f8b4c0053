"""This repository with a few lines changed, in memory."""

from __future__ import annotations

import importlib.util
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any
from unittest import mock

from presync.base import goyaml
from presync.base.finding import Finding
from presync.change import compare
from presync.engine import Engine
from presync.engine.store import Store
from presync.findings.change import collect_change
from presync.findings.collect import collect
from presync.platform.load import load
from presync.platform.model import Platform
from presync.render.kustomize import kubectl
from presync.render.memory import Memory
from presync.render.render import Bare
from presync.tree import Repository, Tree
from presync.tree.repository import open_repository

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(__file__).parent / "cases"
_FEAST, _AIRFLOW = "envs/{}/feast/values.yaml", "envs/{}/airflow/values.yaml"


class Remembering(Engine):
    """Helm asked once for what it was asked before: a mutation leaves most charts and values as they were."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        super().__init__(1, store=Store(Path(self._folder.name) / "answers.sqlite"))
        self.renders: Memory[Bare] = Memory()  # what a mutation cannot touch is not rendered for it

    def close(self) -> None:
        super().close()
        self._folder.cleanup()


class Link(bytes):
    """What stands in the place of a file's content where the path is a symbolic link: where it leads."""


class Changed(Tree):
    """A tree with some files replaced, added, or gone."""

    def __init__(self, below: Tree, files: Mapping[str, bytes | None]) -> None:
        self.label = below.label
        self._below, self._files = below, files

    def digest(self, path: str) -> str:
        changed = self._files.get(path)
        return self._below.digest(path) if changed is None else f"changed-{hash(changed)}"

    def _entries(self) -> Iterator[str]:
        yield from (path for path in self._below.paths if path not in self._files)
        yield from (path for path, data in self._files.items() if data is not None)

    def _links(self) -> dict[str, str]:
        below = {path: target for path, target in self._below._links().items() if path not in self._files}
        return below | {path: data.decode() for path, data in self._files.items() if isinstance(data, Link)}

    def _size(self, path: str) -> int:
        changed = self._files.get(path)
        return self._below._size(path) if changed is None else len(changed)

    def _read(self, path: str) -> bytes:
        changed = self._files.get(path)
        return self._below.read(path) if changed is None else changed


@cache
def repository() -> Repository:
    """This one."""
    return open_repository(ROOT)


def changed(edits: Sequence[Mapping[str, Any]]) -> dict[str, bytes | None]:
    """The files that edits change.

    An edit names a ``file`` and either ``replace`` (text that stands there exactly once) and ``with``, or ``text`` (the
    whole file), or ``copy`` (a file it becomes a copy of) and ``replacing`` (texts and what takes their place), or
    ``link`` (where a symbolic link leads), or ``delete: true``, or ``append``. Of ``with`` and ``text`` there may be
    several ``times``, with ``{n}`` in ``with`` counted up.
    """
    files: dict[str, bytes | None] = {}
    for edit in edits:
        path = edit["file"]
        if edit.get("delete"):
            assert repository().worktree.is_file(path), f"{path} does not exist"
            files[path] = None
        elif "text" in edit:
            files[path] = edit["text"].encode() * edit.get("times", 1)
        elif "link" in edit:
            files[path] = Link(edit["link"].encode())
        elif "copy" in edit:
            text = _text(files, edit["copy"])
            for old, new in edit.get("replacing", {}).items():
                assert old in text, f"{edit['copy']} does not hold {old!r}"
                text = text.replace(old, new)
            files[path] = text.encode()
        elif "append" in edit:
            files[path] = (_text(files, path).rstrip("\n") + "\n" + edit["append"]).encode()
        else:
            text = _text(files, path)
            count = text.count(edit["replace"])
            assert count == 1, f"{path} holds {edit['replace']!r} {count} times"
            written = [edit["with"]]
            if "times" in edit:
                written = [edit["with"].replace("{n}", str(at)) for at in range(edit["times"])]
            files[path] = text.replace(edit["replace"], "".join(written)).encode()
    return files


def _text(files: Mapping[str, bytes | None], path: str) -> str:
    return (files.get(path) or repository().worktree.read(path)).decode()


def pinned(engine: Remembering, files: dict[str, bytes | None]) -> dict[str, bytes | None]:
    """The same with the hashes of the contract written into both environments, as `presync pin` would."""
    platform = _loaded(engine, files)
    found = dict(files)
    for environment in ("dev", "prod"):
        notes = _annotations(platform, f"feature-store-{environment}", "feast-repo")
        hashes = {key: notes[f"features.example.com/{name}"] for key, name in _PINS.items()}
        for path in (_FEAST.format(environment), _AIRFLOW.format(environment)):
            text = _text(found, path)
            for key, value in hashes.items():
                text = re.sub(rf"(?m)^  {key}: sha256:[0-9a-f]{{64}}$", f"  {key}: {value}", text)
            found[path] = text.encode()
    return found


_PINS = {"hash": "contract-hash", "configHash": "config-hash"}


def _annotations(platform: Platform, application: str, name: str) -> Mapping[str, str]:
    entry = next(one for one in platform.entries if one.name == application)
    resource = next(one for one in entry.rendered.resources if one.kind == "ConfigMap" and one.name == name)
    annotations: Mapping[str, str] = resource.data["metadata"]["annotations"]
    return annotations


def _loaded(engine: Remembering, files: Mapping[str, bytes | None]) -> Platform:
    return load(repository(), engine, tree=Changed(repository().worktree, files), memory=engine.renders)


def findings(engine: Remembering, files: Mapping[str, bytes | None], without: str = "") -> list[Finding]:
    """What presync says of the tree with these changes, where a package is perhaps not installed."""
    if not without:
        return collect(_loaded(engine, files))
    with _uninstalled(without):
        return collect(load(repository(), engine, tree=Changed(repository().worktree, files)))


@contextmanager
def _uninstalled(package: str) -> Iterator[None]:
    """As on a machine where this package was never installed."""
    distribution, find_spec = metadata.distribution, importlib.util.find_spec

    def installed(name: str) -> metadata.Distribution:
        if name == package:
            raise metadata.PackageNotFoundError(name)
        return distribution(name)

    kubectl.cache_clear()
    with (
        mock.patch.object(metadata, "distribution", installed),
        mock.patch.object(
            importlib.util, "find_spec", lambda name, *rest: None if name == f"_{package}" else find_spec(name, *rest)
        ),
    ):
        yield
    kubectl.cache_clear()


@dataclass(frozen=True)
class Case:
    """One file of ``cases``: what was changed, and what presync must say of it."""

    name: str
    what: str
    edits: Sequence[Mapping[str, Any]]
    expect: Mapping[str, str]
    pins: bool  # renew the hashes of the contract after the edits
    notes: frozenset[str]  # rules that may say what is only good to know
    without: str = ""  # a package that is not installed

    def files(self, engine: Remembering) -> Mapping[str, bytes | None]:
        """The files it changes."""
        files = changed(self.edits)
        return pinned(engine, files) if self.pins else files


def cases(kind: str) -> list[Case]:
    """The cases of a kind: ``mistakes`` or ``ordinary``, by file name."""
    found = []
    for path in sorted((CASES / kind).glob("*.yaml")):
        data = goyaml.load(path.read_text())
        assert isinstance(data, dict), path
        assert data.keys() <= {"what", "edits", "expect", "pins", "notes", "without"}, path
        expect, notes = data.get("expect", {}), frozenset(data.get("notes", ()))
        without = data.get("without", "")
        found.append(Case(path.stem, data["what"], data["edits"], expect, bool(data.get("pins")), notes, without))
    return found


def place(finding: Finding, files: Mapping[str, bytes | None]) -> tuple[str, str]:
    """The file, and the text of the line, so that cases do not break when lines move."""
    location = finding.location
    known = location.file in files or repository().worktree.is_file(location.file)
    lines = (files.get(location.file) or (repository().worktree.read(location.file) if known else b"")).decode()
    return location.file, [*lines.split("\n"), ""][location.line - 1] if location.line else ""


def shown(finding: Finding, files: Mapping[str, bytes | None]) -> str:
    """For a message of a failed test."""
    return f"{finding.rule} {finding.location} {place(finding, files)[1].strip()!r} {finding.field}: {finding.message}"


@dataclass(frozen=True)
class Danger:
    """One file of ``cases/dangers``: a change with a danger, and one that looks like it and has none."""

    name: str
    what: str
    rule: str
    before: Sequence[Mapping[str, Any]]  # edits that both states have
    danger: Sequence[Mapping[str, Any]]
    harmless: Sequence[Mapping[str, Any]]
    severity: str  # ``info`` where that is all it says
    pins: bool  # the harmless change renews the hashes of the contract

    def states(
        self, engine: Remembering, edits: Sequence[Mapping[str, Any]], pins: bool
    ) -> tuple[Mapping[str, bytes | None], Mapping[str, bytes | None]]:
        """The files that differ from this tree before and after."""
        after = changed([*self.before, *edits])
        return changed(self.before), pinned(engine, after) if pins else after


def dangers() -> list[Danger]:
    """Every pair, by file name."""
    found = []
    for path in sorted((CASES / "dangers").glob("*.yaml")):
        data = goyaml.load(path.read_text())
        assert isinstance(data, dict), path
        assert data.keys() <= {"what", "rule", "before", "danger", "harmless", "severity", "pins"}, path
        found.append(
            Danger(
                path.stem,
                data["what"],
                data["rule"],
                data.get("before", ()),
                data["danger"],
                data["harmless"],
                data.get("severity", ""),
                data.get("pins") == "harmless",
            )
        )
    return found


def change_findings(
    engine: Remembering, before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]
) -> list[Finding]:
    """What `presync diff` says of the step from one state to the other."""
    return collect_change(compare(_loaded(engine, before), _loaded(engine, after)))
