"""What the proofs with the real Gatekeeper share: the suites of policies/, what presync says, and the comparison."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from gatekeeper import cluster
from gatekeeper.cluster import Admission
from monitoring.tree import App, render
from presync.argocd.scope import cluster_scoped
from presync.engine import Engine
from presync.platform.load import load
from presync.platform.model import Platform
from presync.platform.schemas import bundled
from presync.policy.evaluator import Evaluator
from presync.policy.judge import Verdicts, verdicts
from presync.policy.model import Action
from presync.policy.suite import filtering, reading
from presync.policy.suite.model import Case, CaseResult, SuiteResult, Test
from presync.policy.suite.run import Runner
from presync.tree import open_repository

ROOT = Path(__file__).resolve().parents[3]
POLICIES = ROOT / "policies"
SUITES = sorted(POLICIES.glob("*/suite.yaml"))
GROUPS = (cluster.TEMPLATES, cluster.CONSTRAINTS, cluster.EXPANSION, "config.gatekeeper.sh", "syncset.gatekeeper.sh")
Object = dict[str, Any]
Key = tuple[str, str, str, str]


def need() -> None:
    """Skip, and say so among pytest's warnings, where the real programs cannot run."""
    reason = cluster.unavailable()
    if reason is not None:
        text = f"THE REAL GATEKEEPER WAS NOT ASKED: {reason}"
        warnings.warn(pytest.PytestWarning(text), stacklevel=2)
        pytest.skip(text)


# -- objects


def documents(file: Path) -> list[Object]:
    """The objects of a file."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [one for one in yaml.load_all(file.read_text("utf-8"), Loader=loader) if one]


def key(one: Object) -> Key:
    """What names an object in a cluster."""
    metadata = one["metadata"]
    group = one["apiVersion"].rpartition("/")[0]
    return group, one["kind"], metadata.get("namespace") or "", metadata.get("name") or ""


def is_gatekeepers(one: Object) -> bool:
    """Whether an object is for Gatekeeper itself."""
    return one["apiVersion"].partition("/")[0] in GROUPS


def namespaced(one: Object) -> bool:
    """Whether a kind has a namespace; an unknown one has what the object says."""
    group, _, version = one["apiVersion"].rpartition("/")
    known = cluster_scoped(group, one["kind"])
    if known is not None:
        return not known
    schema = bundled.load(group, version, one["kind"])
    return schema.namespaced if schema else bool(one["metadata"].get("namespace"))


def within(one: Object, namespace: str) -> Object:
    """The object with this namespace where it has none and its kind wants one."""
    if one["metadata"].get("namespace") or not namespaced(one):
        return one
    return {**one, "metadata": {**one["metadata"], "namespace": namespace}}


def namespace(name: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def definitions() -> list[Object]:
    """The CRDs of this repository."""
    found = [one for file in sorted((ROOT / "bootstrap" / "crds").glob("*.yaml")) for one in documents(file)]
    return [one for one in found if one["kind"] == "CustomResourceDefinition"]


# -- suites


@dataclass(frozen=True)
class Asked:
    """A case of a suite, and what presync said about it."""

    suite: Path
    test: Test
    case: Case
    said: CaseResult

    @property
    def title(self) -> str:
        return f"{self.suite.parent.name}/{self.test.name}/{self.case.name}"

    @property
    def folder(self) -> Path:
        return self.suite.parent

    @functools.cached_property
    def object(self) -> Object:
        return reading.one_object(self.folder / self.case.object)

    @functools.cached_property
    def inventory(self) -> list[Object]:
        return [one for name in self.case.inventory for one in documents(self.folder / name)]

    @property
    def is_request(self) -> bool:
        return bool(self.object["kind"] == "AdmissionReview")


@functools.cache
def results() -> dict[Path, SuiteResult]:
    """`presync test policies/`."""
    found = {}
    with Evaluator() as evaluator:
        for path in SUITES:
            suite = reading.read(path, str(path.relative_to(ROOT)))
            assert suite is not None, path
            found[path] = Runner(evaluator, ROOT, filtering.Filter()).run(suite, path.parent)
    return found


def cases(path: Path) -> Iterator[Asked]:
    """Every case of a suite that is not skipped."""
    suite = reading.read(path, str(path.relative_to(ROOT)))
    assert suite is not None
    result = results()[path]
    for test, ran in zip(suite.tests, result.tests, strict=True):
        if not test.invalid and not ran.skipped:
            assert not ran.error, f"{path}: {test.name}: {ran.error}"
            for case, said in zip(test.cases, ran.cases, strict=True):
                if not said.skipped:
                    yield Asked(path, test, case, said)


def all_cases() -> list[Asked]:
    """Of every suite."""
    return [one for path in SUITES for one in cases(path)]


# -- what presync says of a tree


@functools.cache
def rendered() -> list[App]:
    """Every Application of this repository."""
    return render(ROOT, shared=True)


def judged(root: Path) -> tuple[Platform, Verdicts]:
    """A tree, rendered and judged as `presync check` does."""
    with Engine() as engine:
        platform = load(open_repository(root), engine)
        found = verdicts(platform)
    return platform, found


def consequences(found: Verdicts) -> dict[Key, set[tuple[str, str]]]:
    """Of every object: the action and `[constraint] message` of each violation that the webhook sees."""
    out: dict[Key, set[tuple[str, str]]] = {}
    for one in found.violations:
        if one.audit_only or one.subject.text or one.subject.resource is None:
            continue  # a text that becomes a Pod later is no object, and Argo CD's Namespaces are not applied here
        resource = one.subject.resource
        place = (resource.group, resource.kind, resource.namespace or "", resource.name)
        out.setdefault(place, set()).add((str(one.action), f"[{one.constraint.name}] {one.message}"))
    return out


def answers(admission: Admission) -> set[tuple[str, str]]:
    """The same of what the webhook answered."""
    denied = {(str(Action.DENY), text) for text in admission.denied}
    return denied | {(str(Action.WARN), text) for text in admission.warned}


def differences(expected: Iterable[tuple[str, str]], admission: Admission) -> list[str]:
    """In words; what is only reported by audits has no answer."""
    wanted = {one for one in expected if one[0] != Action.DRYRUN}
    real = answers(admission)
    found = [] if admission.first else [f"presync alone, {action}: {text}" for action, text in sorted(wanted - real)]
    found += [f"Gatekeeper alone, {action}: {text}" for action, text in sorted(real - wanted)]
    if admission.refused:
        found.append(f"the API server refuses: {admission.refused}")
    return found
