"""Asking the real Argo CD: many cases at once, told apart by their names."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from controlplane import documents, programs, snapshot
from controlplane.documents import Document, DocumentError
from controlplane.driver import ControlPlane
from controlplane.instance import ARGO, ControlPlaneError, Refused
from parity import cases, normalise
from parity.model import Case, Outcome

VERSION = programs.ARGOCD.version
_AT_ONCE = 40
_SECONDS = 180.0


class _NewGlobbing(ControlPlane):
    """With the option of the ApplicationSet controller that `newGitFileGlobbing` in presync.yaml stands for."""

    def _run(self, name: str, command: Sequence[str], **more: str) -> None:
        added = ["--enable-new-git-file-globbing"] if name == "argocd-applicationset-controller" else []
        super()._run(name, [*command, *added], **more)


def record(wanted: Sequence[Case]) -> Iterator[tuple[Case, Outcome]]:
    """What Argo CD makes of each case. Cases that need a sync or another option get an instance of their own."""
    for sync, globbing in itertools.product((False, True), repeat=2):
        chosen = [case for case in wanted if (case.sync, case.new_globbing) == (sync, globbing)]
        if not chosen:
            continue
        kind = _NewGlobbing if globbing else ControlPlane
        with kind() as plane, tempfile.TemporaryDirectory(prefix="parity-") as place:
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
    _prepare(plane, secrets)
    taken: list[Document] = []
    for document in sorted(wanted, key=lambda one: snapshot.KINDS.index(one.kind) if one.kind in snapshot.KINDS else -1):
        try:
            plane.apply(document)
        except Refused as error:
            text = normalise.stable(str(error).partition(f"{document.title}: ")[2])
            outcomes[owner[f"{document.kind}.{document.name}"].name].refused[f"{document.kind}.{document.name}"] = text
        else:
            taken.append(document)
    result = snapshot.take(plane, [], _SECONDS)
    for note in result.notes:
        sys.stderr.write(f"note: {note}\n")
    _sort(result, batch, outcomes)
    for document in secrets:
        plane.kubernetes.delete("v1", "Secret", document.name, "argocd")
    return [(case, outcomes[case.name]) for case in batch]


def _documents(case: Case, outcome: Outcome) -> Iterable[Document]:
    try:
        return documents.read(case.manifests)
    except DocumentError as error:
        outcome.refused["manifests"] = str(error)
        return []


def _prepare(plane: ControlPlane, secrets: Sequence[Document]) -> None:
    """Clusters first, and time for Argo CD to notice them."""
    for document in secrets:
        plane.apply(document)


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


__all__ = ["ARGO", "VERSION", "record"]
