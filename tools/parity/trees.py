"""A whole tree through the real Argo CD and through presync.

Both get the same copy of the files, committed to every branch the manifests name. Argo CD renders and never syncs: what
an Application declares of Argo CD's own kinds is applied for it, round by round, as presync follows it.
"""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane import documents, snapshot
from controlplane.documents import Document
from controlplane.driver import ControlPlane
from controlplane.gitserve import git, is_repository
from controlplane.instance import ControlPlaneError
from parity import normalise
from parity.compare import differences
from parity.model import Difference, Outcome
from parity.replay import replay
from presync.engine import Engine
from presync.settings import Settings, load_settings
from presync.tree import open_repository

Say = Callable[[str], None]
_ROUNDS = 5
_SECONDS = 600.0
_CANNOT_TELL = "cannot tell: "
_ON_PURPOSE = "cannot tell: not rendered on purpose: "  # `externals` of presync.yaml


@dataclass(frozen=True, slots=True)
class Row:
    """An Application, or what could not be applied, in the table."""

    name: str
    result: str
    resources: int
    differences: tuple[Difference, ...] = ()


def compare(tree: Path, repositories: Sequence[str], urls: Sequence[str], say: Say) -> bool:
    """Compare and print a table; whether anything differs or presync could not tell."""
    with tempfile.TemporaryDirectory(prefix="parity-") as place:
        folder = _copied(tree.resolve(strict=True), Path(place) / "tree")
        settings = load_settings(open_repository(folder).worktree)
        manifests, notes = _manifests(folder, settings)
        for note in notes:
            say(f"note: {note}")
        known = list(urls or settings.repository or sorted(snapshot.repository_urls(manifests)))
        _committed(folder, known, _revisions(manifests))
        start = time.monotonic()
        with Engine() as engine:
            ours = replay(folder, engine)
        middle = time.monotonic()
        theirs = _argocd(folder, manifests, known, repositories, say)
        say(f"presync {middle - start:.1f} s, Argo CD {time.monotonic() - middle:.1f} s")
    return _print(_rows(theirs, ours))


def _copied(tree: Path, folder: Path) -> Path:
    """The files of a work tree that git does not ignore, or of a git directory's HEAD."""
    folder.mkdir()
    if is_repository(tree):
        archive = subprocess.Popen(
            ["git", "-c", "safe.directory=*", "archive", "HEAD"], cwd=tree, stdout=subprocess.PIPE
        )
        subprocess.run(["tar", "-x", "-C", str(folder)], stdin=archive.stdout, check=True)
        if archive.wait():
            raise ControlPlaneError(f"{tree} cannot be read: git archive failed")
        return folder
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=tree)
    for name in filter(None, listed.split("\0")):
        if (tree / name).is_symlink() or (tree / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(tree / name, folder / name, follow_symlinks=False)
    return folder


def _manifests(folder: Path, settings: Settings) -> tuple[list[Document], list[str]]:
    """What is applied: every object of Argo CD in a file that presync.yaml does not leave out."""
    files = []
    for file in snapshot.find_manifests(folder):
        name = str(file.relative_to(folder))
        rooted = not settings.roots or any(
            name == one or name.startswith(f"{one.rstrip('/')}/") for one in settings.roots
        )
        if rooted and not any(fnmatch.fnmatchcase(name, one) for one in settings.exclude):
            files.append(file)
    found, notes = snapshot.read_manifests(files)
    return [one for one in found if one.kind in snapshot.KINDS and one.api_version.startswith("argoproj.io/")], notes


def _revisions(manifests: Iterable[Document]) -> list[str]:
    """Branches and tags that the manifests name."""
    found = {"main", "master"}
    pending: list[Any] = [documents.fields(one) for one in manifests]
    while pending:
        value = pending.pop()
        pending.extend(value if isinstance(value, list) else value.values() if isinstance(value, dict) else ())
        if isinstance(value, dict) and not value.get("chart"):
            found |= {str(value[key]) for key in ("targetRevision", "revision") if isinstance(value.get(key), str)}
    names = (name.removeprefix("refs/heads/") for name in found)
    return sorted(name for name in names if re.fullmatch(r"[A-Za-z0-9][\w./-]*", name) and name != "HEAD")


def _committed(folder: Path, urls: Sequence[str], revisions: Sequence[str]) -> None:
    """Make the copy a repository, known by these URLs, whose branches are all the same."""
    if urls and not (folder / "presync.yaml").exists():
        (folder / "presync.yaml").write_text(
            "repository:\n" + "".join(f"  - {url}\n" for url in urls), encoding="utf-8"
        )
    git("init", "--quiet", "--initial-branch=main", folder=folder)
    git("add", "-A", "-f", ".", folder=folder)
    git("commit", "--quiet", "-m", "What the folder holds", folder=folder)
    for name in revisions:
        if name != "main":
            git("branch", "--quiet", "--force", name, "main", folder=folder)


def _argocd(
    folder: Path, manifests: Sequence[Document], urls: Sequence[str], repositories: Sequence[str], say: Say
) -> Outcome:
    outcome = Outcome()
    with ControlPlane() as plane:
        plane.start(sync=False)
        for word in repositories:
            url, _, other = word.rpartition("=")
            plane.serve(url, Path(other))
        for url in urls:
            plane.serve(url, folder / ".git")
        pending = list(manifests)
        seen: set[str] = set()
        for _ in range(_ROUNDS):
            seen |= {one.title for one in pending}
            for document in sorted(pending, key=lambda one: snapshot.KINDS.index(one.kind)):
                try:
                    plane.apply(document)
                except ControlPlaneError as error:
                    outcome.refused[f"{document.kind}.{document.name}"] = normalise.stable(str(error))
            result = snapshot.take(plane, [], _SECONDS)
            for note in result.notes:
                say(f"note: {note}")
            declared = [documents.of_object(value) for values in result.rendered.values() for value in values]
            pending = [
                one
                for one in declared
                if one.kind in snapshot.KINDS and one.api_version.startswith("argoproj.io/") and one.title not in seen
            ]
            if not pending:
                break
    for name, value in result.applications.items():
        outcome.applications[name] = normalise.application(value)
        namespace = ((value.get("spec") or {}).get("destination") or {}).get("namespace") or ""
        if name in result.rendered:
            outcome.rendered[name] = normalise.manifests(result.rendered[name], namespace)
    outcome.errors = {name: normalise.stable(text) for name, text in result.errors.items()}
    outcome.denied = {name: normalise.stable(text) for name, text in result.denied.items()}
    outcome.sets = {name: normalise.stable(text) for name, text in result.sets.items()}
    return outcome


def _rows(theirs: Outcome, ours: Outcome) -> list[Row]:
    by_name: dict[str, list[Difference]] = {}
    for one in differences(theirs, ours):
        by_name.setdefault(re.sub(r"\.(?:yaml|error|denied)\b.*", "", one.what.partition("/")[2]), []).append(one)
    rows = []
    for name in sorted(theirs.applications.keys() | ours.applications.keys() | by_name.keys()):
        found = by_name.get(name, [])
        if found and all(one.presync.startswith(_ON_PURPOSE) for one in found):
            found, result = [], "external"
        elif found and all(one.presync.startswith(_CANNOT_TELL) for one in found):
            result = "not told"
        else:
            result = "differs" if found else "refused, equal" if name in theirs.errors else "equal"
        rows.append(Row(name, result, len(theirs.rendered.get(name, ())), tuple(found)))
    return rows


def _print(rows: Sequence[Row]) -> bool:
    width = max([len(row.name) for row in rows], default=0)
    for row in rows:
        print(f"{row.name:<{width}}  {row.resources:>5}  {row.result}")
    for row in rows:
        for difference in row.differences:
            print(f"{difference}")
    counts = Counter(row.result for row in rows)
    total = sum(row.resources for row in rows)
    print(
        f"\n{len(rows)} rows, {total} objects: "
        + ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    )
    sys.stdout.flush()
    return any(row.differences for row in rows)
