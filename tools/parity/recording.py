"""Asking the real Argo CD: many cases at once, told apart by their names."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from controlplane import documents, programs, snapshot
from controlplane.documents import Document, DocumentError
from controlplane.driver import ControlPlane
from controlplane.instance import ControlPlaneError, Refused
from parity import cases, normalise
from parity.model import Case, Outcome

VERSION = programs.ARGOCD.version
_AT_ONCE = 40
_SECONDS = 90.0


class _NewGlobbing(ControlPlane):
    """With the option of the ApplicationSet controller that `newGitFileGlobbing` in presync.yaml stands for."""

    def _run(self, name: str, command: Sequence[str], **more: str) -> None:
        added = ["--enable-new-git-file-globbing"] if name == "argocd-applicationset-controller" else []
        super()._run(name, [*command, *added], **more)


def instance(new_globbing: bool) -> ControlPlane:
    """A control plane that was not started yet."""
    return _NewGlobbing() if new_globbing else ControlPlane()


def record(wanted: Sequence[Case]) -> Iterator[tuple[Case, Outcome]]:
    """What Argo CD makes of each case. Cases that need a sync or another option get an instance of their own."""
    for sync, globbing in itertools.product((False, True), repeat=2):
        chosen = [case for case in wanted if (case.sync, case.new_globbing) == (sync, globbing)]
        if not chosen:
            continue
        with instance(globbing) as plane, tempfile.TemporaryDirectory(prefix="parity-") as place:
            plane.start(sync=sync)
            for batch in _batches(chosen):
                sys.stderr.write(f"asking Argo CD about {len(batch)} cases, from {batch[0].id}\n")
                yield from _ask(plane, batch, Path(place))
                plane.clear()


def _batches(chosen: Sequence[Case]) -> Iterator[list[Case]]:
    """Together where nothing of one case is seen by another; further clusters are seen by all."""
    shared = [case for case in chosen if not case.clusters]
    for start in range(0, len(shared), _AT_ONCE):
        yield shared[start : start + _AT_ONCE]
    for case in chosen:
        if case.clusters:
            yield [case]


def _ask(plane: ControlPlane, batch: Sequence[Case], place: Path) -> list[tuple[Case, Outcome]]:
    for case in batch:
        plane.serve(case.url, cases.write(case, place / case.name), revisions=())
    owner: dict[str, Case] = {}
    outcomes = {case.name: Outcome() for case in batch}
    wanted: list[Document] = []
    secrets: list[Document] = []
    for case in batch:
        secrets += documents.read(case.clusters)
        for document in _documents(case, outcomes[case.name]):
            key = f"{document.kind}.{document.name}"
            if not document.name.startswith(case.name) or owner.setdefault(key, case) is not case:
                raise ControlPlaneError(f"{case.id}: {document.title} is not named after its case")
            wanted.append(document)
    for document in secrets:
        plane.apply(document)
    for document, text in applied(plane, wanted):
        key = f"{document.kind}.{document.name}"
        outcomes[owner[key].name].refused[key] = normalise.stable(normalise.refusal(text))
    result = snapshot.take(plane, [], _SECONDS)
    for note in result.notes:
        sys.stderr.write(f"note: {note}\n")
    _sort(result, batch, outcomes)
    for document in secrets:
        plane.kubernetes.delete("v1", "Secret", document.name, "argocd")
    return [(case, outcomes[case.name]) for case in batch]


def applied(plane: ControlPlane, wanted: Sequence[Document]) -> Iterator[tuple[Document, str]]:
    """Apply as people do, and as Argo CD itself does by default: with `kubectl apply`, which drops nulls on the way.

    What is refused is given back, with kubectl's words.
    """

    def apply(document: Document) -> str:
        try:
            plane.run(["kubectl", "apply", "--namespace", "argocd", "-f", "-"], text=document.text)
        except Refused as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        for kind in snapshot.KINDS:
            chosen = [one for one in wanted if one.kind == kind]
            for document, text in zip(chosen, pool.map(apply, chosen), strict=True):
                if text:
                    yield document, text


def _documents(case: Case, outcome: Outcome) -> Iterable[Document]:
    try:
        return documents.read(case.manifests)
    except DocumentError as error:
        outcome.refused["manifests"] = str(error)
        return []


def _sort(result: snapshot.Result, batch: Sequence[Case], outcomes: dict[str, Outcome]) -> None:
    """Give each Application to the case whose set made it, or after which it is named."""
    names = sorted((case.name for case in batch), key=len, reverse=True)

    def case_of(name: str) -> Outcome:
        return outcomes[next(one for one in names if name == one or name.startswith(f"{one}-"))]

    for name, value in result.applications.items():
        owners = [one["name"] for one in value["metadata"].get("ownerReferences") or []]
        outcome = case_of(owners[0] if owners else name)
        outcome.applications[name] = normalise.application(value)
        namespace = ((value.get("spec") or {}).get("destination") or {}).get("namespace") or ""
        if name in result.rendered:
            outcome.rendered[name] = normalise.manifests(result.rendered[name], namespace)
        if name in result.errors:
            outcome.errors[name] = normalise.stable(result.errors[name])
        if name in result.denied:
            outcome.denied[name] = normalise.stable(result.denied[name])
    for name, text in result.sets.items():
        case_of(name).sets[name] = normalise.stable(text)
