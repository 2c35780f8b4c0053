"""What was there before the policies: the real audit reports of every sample what presync says of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.documents import of_object
from gatekeeper.cluster import CONSTRAINTS, Cluster
from gatekeeper.inventory import Inventory, synced
from presync.policy import judge
from presync.policy.model import Action
from presync.policy.reviews import Sender

from . import support
from .support import Key, Object

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("controlplane")]

URL = "https://git.example.com/audit/platform.git"
_SETTINGS = f"repository: [{URL}]\nbranch: main\n"
_APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "samples", "namespace": "argocd"},
    "spec": {
        "project": "default",
        "source": {"repoURL": URL, "targetRevision": "main", "path": "objects", "directory": {"recurse": True}},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
    },
}
_LONGEST = 256  # bytes of a message in a constraint's status
Told = Counter[tuple[str, Key, str, str]]  # constraint, object, action, message


def samples() -> Iterator[Object]:
    """Every sample and its inventory, in turn in dev and in prod; with another name where two have the same."""
    taken: set[Key] = set()
    for at, (folder, value) in enumerate(_once()):
        metadata = {**value["metadata"]}
        if support.namespaced(value):
            metadata["namespace"] = f"{folder.name}-{('dev', 'prod')[at % 2]}"
        # What gets its name from the API server gets it here: both must speak of the same.
        metadata.setdefault("name", f"{metadata.get('generateName', 'sample-')}x")
        placed = {**value, "metadata": metadata}
        while support.key(placed) in taken:
            metadata["name"] += "-x"
        taken.add(support.key(placed))
        yield placed


def _once() -> Iterator[tuple[Path, Object]]:
    """What cases name, each file once."""
    seen: set[Path] = set()
    for one in support.all_cases():
        for name in (one.case.object, *one.case.inventory):
            if one.folder / name not in seen:
                seen.add(one.folder / name)
                for value in support.documents(one.folder / name):
                    if value["kind"] != "AdmissionReview":
                        yield one.folder, value


def constraints() -> Iterator[Object]:
    """Those of dev, which warn, those of prod, which deny, and each once more, which only reports."""
    for app in support.rendered():
        yield from (one for one in app.objects if one["apiVersion"].startswith(f"{CONSTRAINTS}/"))
    for path in support.SUITES:
        for file in sorted(path.parent.glob("*.yaml")):
            for one in support.documents(file):
                if one["apiVersion"].startswith(f"{CONSTRAINTS}/"):
                    name = f"{one['metadata']['name']}-reports"
                    spec = {**one["spec"], "enforcementAction": "dryrun"}
                    yield {**one, "metadata": {**one["metadata"], "name": name}, "spec": spec}


class Audited:
    """The samples that the API server takes, stored before any policy was there, and what the audit reports."""

    def __init__(self, running: Cluster) -> None:
        everything = list(samples())
        running.need_kinds(everything, support.definitions())
        spaces = {one["metadata"].get("namespace") for one in everything} - {None}
        self.objects = [support.namespace(str(name)) for name in sorted(map(str, spaces))]
        for one in self.objects:
            running.apply(one)
        kept = []
        for one in everything:
            answer = running.plane.kubernetes.send(of_object(one), "", strict=False)
            if answer.ok:
                self.objects.append(one)
                kept.append(answer.value)
        shared = [one for app in support.rendered() if not app.environment for one in app.objects]
        self.gatekeepers = [one for one in shared if support.is_gatekeepers(one)]
        running.take_in(self.gatekeepers, 120)
        inventory = Inventory(running, synced(self.gatekeepers))
        inventory.wait_for(kept)
        self.constraints = list(constraints())
        running.take_in(self.constraints, 120)
        self.found = running.audit()


@pytest.fixture(scope="module")
def audited() -> Iterator[Audited]:
    support.need()
    with Cluster() as running:
        yield Audited(running)


def reported(audited: Audited) -> Told:
    """What the audit says of the samples; other objects of the cluster are not in git."""
    ours = {support.key(one) for one in audited.objects}
    told: Told = Counter()
    for (_, constraint), violations in audited.found.items():
        for one in violations:
            place = (one.get("group", ""), one["kind"], one.get("namespace", ""), one["name"])
            if place in ours:
                told[constraint, place, one["enforcementAction"], one["message"]] += 1
    return told


def expected(audited: Audited, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What presync says of a tree with the same objects; in an audit nobody has sent them."""
    monkeypatch.setattr(judge, "sync", lambda _: Sender())
    (folder / "presync.yaml").write_text(_SETTINGS)
    for name, objects in {
        "apps/samples.yaml": [_APPLICATION],
        "objects/samples.yaml": audited.objects,
        "objects/policies.yaml": [*audited.gatekeepers, *audited.constraints],
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("---\n".join(f"{json.dumps(one)}\n" for one in objects))
    _, found = support.judged(folder)
    assert not found.unknown, {one.message for one in found.unknown}
    assert not found.constraints, [one.fault for one in found.constraints]
    told: Told = Counter()
    for one in found.violations:
        resource = one.subject.resource
        if resource is not None and not one.subject.text:
            place = (resource.group, resource.kind, resource.namespace or "", resource.name)
            told[one.constraint.name, place, str(one.action), _cut(one.message)] += 1
    return told


def _cut(message: str) -> str:
    encoded = message.encode()
    return message if len(encoded) <= _LONGEST else encoded[: _LONGEST - 3].decode("utf-8", "replace") + "..."


def test_the_audit_reports_what_presync_says(audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, real = expected(audited, tmp_path, monkeypatch), reported(audited)
    lines = [f"presync alone: {one}" for one in sorted((wanted - real).elements())]
    lines += [f"Gatekeeper alone: {one}" for one in sorted((real - wanted).elements())]
    assert not lines, "\n".join(lines)
    assert {action for _, _, action, _ in real} == set(map(str, Action))
    policies = _policies()
    silent = set(policies.values()) - {policies[_plain(one)] for one, _, _, _ in real}
    assert len(silent) <= 2, silent


def _policies() -> dict[str, str]:
    """The folder of each constraint of this repository."""
    found = {}
    for path in support.SUITES:
        for file in path.parent.glob("*.yaml"):
            for one in support.documents(file):
                if one["apiVersion"].startswith(f"{CONSTRAINTS}/"):
                    found[one["metadata"]["name"]] = path.parent.name
    return found


def _plain(constraint: str) -> str:
    """The name without what an environment, or this test, has added."""
    for suffix in ("-dev", "-prod", "-reports"):
        constraint = constraint.removesuffix(suffix)
    return constraint
