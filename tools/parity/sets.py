"""The folders of `cases/appset`, ApplicationSets alone: asked again of the real Argo CD.

What is recorded, `expected.yaml`, is described in tests/parity/test_appset.py. All of them speak of one repository, so
each is served under a URL of its own, and the URL they speak of is put back into what comes of it. Their Applications
share names: those that do are not asked about together.
"""

from __future__ import annotations

import itertools
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from controlplane import documents, snapshot
from controlplane.documents import Document
from controlplane.driver import ControlPlane
from parity import cases, normalise, recording

ROOT = cases.ROOT / "appset"
EXPECTED, SET, CLUSTERS = "expected.yaml", "applicationset.yaml", "clusters.yaml"
_URL = "https://git.example.com/org/repo.git"
_KEPT = ("name", "labels", "annotations", "finalizers")
_LATE = {"ApplicationValidationError", "UpdateApplicationError"}
_SECONDS = 30.0
_REPOSITORY = re.compile(r"(?:/[\w.-]+)*/_argocd-repo/[0-9a-f-]{36}/?")


def folders() -> list[Path]:
    """Every case."""
    return sorted(file.parent for file in ROOT.glob(f"*/{SET}"))


def record(wanted: Sequence[Path], version: str) -> Iterator[tuple[str, bool]]:
    """Ask again, and write what has changed; each case's name with whether it did."""
    by_globbing = {flag: [case for case in wanted if _new_globbing(case) == flag] for flag in (False, True)}
    for globbing, chosen in by_globbing.items():
        if not chosen:
            continue
        with recording.instance(globbing) as plane, tempfile.TemporaryDirectory(prefix="parity-") as place:
            plane.start(sync=False)
            for number, batch in enumerate(_batches(chosen)):
                for case, found in _ask(plane, batch, Path(place) / str(number)):
                    answer = {"argocd": version.removeprefix("v"), **found}
                    before = _recorded(case)
                    if "refused" in before:
                        before = {**before, "refused": normalise.refusal(before["refused"])}
                    changed = answer != before
                    if changed:
                        text = yaml.safe_dump(answer, sort_keys=False, width=110, allow_unicode=True)
                        (case / EXPECTED).write_text(text, encoding="utf-8")
                    yield case.name, changed
                plane.clear()


def _new_globbing(case: Path) -> bool:
    file = case / "presync.yaml"
    return file.is_file() and "newGitFileGlobbing: true" in file.read_text(encoding="utf-8")


def _recorded(case: Path) -> Mapping[str, Any]:
    file = case / EXPECTED
    found: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _batches(chosen: Sequence[Path]) -> list[list[Path]]:
    """Together where no Application's name is in two; alone where clusters or nothing at all is known about it."""
    shared: list[tuple[set[str], list[Path]]] = []
    alone: list[list[Path]] = []
    for case in chosen:
        known = _recorded(case)
        fails_late = known.get("reason") in _LATE  # with names that the record does not show
        if (case / CLUSTERS).is_file() or not known or known.get("silent") or fails_late:
            alone.append([case])
            continue
        names = {one["metadata"]["name"] for one in known.get("applications") or []}
        for taken, batch in shared:
            if not taken & names:
                taken.update(names)
                batch.append(case)
                break
        else:
            shared.append((names, [case]))
    return [batch for _, batch in shared] + alone


def _ask(plane: ControlPlane, batch: Sequence[Path], place: Path) -> list[tuple[Path, dict[str, Any]]]:
    found: dict[str, dict[str, Any]] = {case.name: {} for case in batch}
    wanted: list[Document] = []
    secrets: list[Document] = []
    for case in batch:
        url = _url(case)
        shutil.copytree(case, place / case.name, symlinks=True, ignore=shutil.ignore_patterns(EXPECTED))
        file = place / case.name / SET
        file.write_text(file.read_text(encoding="utf-8").replace(_URL, url), encoding="utf-8")
        plane.serve(url, place / case.name, revisions=())
        wanted += documents.read_file(file)
        secrets += list(_secrets(case))
    for secret in secrets:
        plane.apply(secret)
    for document, text in recording.applied(plane, wanted):
        found[document.name] = {"refused": normalise.refusal(text)}
    result = snapshot.take(plane, [], _SECONDS)
    for secret in secrets:
        plane.kubernetes.delete("v1", "Secret", secret.name, "argocd")
    for case in batch:
        if not found[case.name]:
            found[case.name] = _answer(case, result)
    return [(case, found[case.name]) for case in batch]


def _url(case: Path) -> str:
    return f"https://git.example.com/cases/{case.name}.git"


def _answer(case: Path, result: snapshot.Result) -> dict[str, Any]:
    conditions = result.status.get(f"applicationset/{case.name}", {}).get("conditions") or []
    answer: dict[str, Any] = {} if conditions else {"silent": True}
    for one in conditions:
        if one["type"] == "ErrorOccurred" and one["status"] == "True":
            message = _REPOSITORY.sub("", one["message"].replace(_url(case), _URL)).replace(" at ''", "")
            answer |= {"reason": one["reason"], "error": re.sub(r"\b[0-9a-f]{40}\b", "HEAD", message)}
    own = []
    for value in result.applications.values():
        metadata = value["metadata"]
        if [owner["name"] for owner in metadata.get("ownerReferences") or []] == [case.name]:
            kept = {key: metadata[key] for key in _KEPT if metadata.get(key)}
            own.append({"metadata": kept, "spec": _put_back(value["spec"], _url(case))})
    return {**answer, "applications": sorted(own, key=lambda one: str(one["metadata"]["name"]))}


def _put_back(value: Any, url: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _put_back(inner, url) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put_back(inner, url) for inner in value]
    return value.replace(url, _URL) if isinstance(value, str) else value


def _secrets(case: Path) -> Iterator[Document]:
    """The clusters of a case, Secrets or short entries, as Secrets."""
    file = case / CLUSTERS
    parts = yaml.safe_load_all(file.read_text(encoding="utf-8")) if file.is_file() else ()
    entries = itertools.chain.from_iterable(one if isinstance(one, list) else [one] for one in parts)
    for entry in entries:
        if entry.get("kind") == "Secret":
            entry["metadata"].setdefault("namespace", "argocd")
            yield documents.of_object(entry)
            continue
        name = f"cluster-{re.sub('[^a-z0-9-]', '-', entry['name'].lower())}"
        labels = {**entry.get("labels", {}), "argocd.argoproj.io/secret-type": "cluster"}
        metadata = {"name": name, "namespace": "argocd", "labels": labels, "annotations": entry.get("annotations", {})}
        data = {key: entry[key] for key in ("name", "server", "project") if key in entry}
        config = {"config": '{"tlsClientConfig":{"insecure":true}}'}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {**data, **config}}
        yield documents.of_object(secret)
