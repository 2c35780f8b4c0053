"""Every sample of every policy, sent to the real webhook: refused, warned of or admitted as `presync test` says."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatekeeper.cluster import CONSTRAINTS, Admission, Cluster, ClusterError
from gatekeeper.inventory import Inventory, synced
from presync.policy.constraints import enforcement
from presync.policy.model import Action, Point
from presync.policy.suite import reading

from . import support
from .support import Asked, Object

# How the API server refuses an object before it asks anybody about it.
_INVALID = re.compile(r" is invalid: |failed to convert new object|unknown field")

pytestmark = [pytest.mark.oracle, pytest.mark.xdist_group("controlplane")]


class Stage:
    """A cluster with the templates, what they need, and the constraint of every test of every suite."""

    def __init__(self, running: Cluster) -> None:
        self.cluster = running
        self.asked = support.all_cases()
        self.names: dict[tuple[Path, str], str] = {}  # of a test's constraint in the cluster
        self.actions: dict[tuple[Path, str], tuple[Action, ...]] = {}
        self._spaces: set[str] = set()
        self.refused: set[Path] = set()  # suites of which Gatekeeper refused a sample, asked by the API server
        plain = [one.object for one in self.asked if not one.is_request]
        around = [item for one in self.asked for item in one.inventory]
        objects = [support.within(item, "default") for item in (*plain, *around)]
        running.need_kinds(objects, support.definitions())
        shared = [one for app in support.rendered() if not app.environment for one in app.objects]
        ours = [one for one in shared if support.is_gatekeepers(one)]
        running.take_in(one for one in ours if one["apiVersion"].partition("/")[0] != CONSTRAINTS)
        self.inventory = Inventory(running, synced(ours))
        running.take_in(self._constraints())
        for item in objects:
            self._space(item["metadata"].get("namespace"))
        for one in self.asked:
            if one.is_request:
                self._space(one.object["request"].get("namespace"))

    def _constraints(self) -> Iterator[Object]:
        """Tests may use one name for constraints that differ; in a cluster each gets its own."""
        known: dict[tuple[str, str], Object] = {}
        for path in support.SUITES:
            suite = reading.read(path, path.name)
            assert suite is not None
            for test in suite.tests:
                if test.invalid:
                    continue
                [found] = [
                    one
                    for one in support.documents(path.parent / test.constraint)
                    if one["apiVersion"].startswith(f"{CONSTRAINTS}/")
                ]
                name, at = found["metadata"]["name"], 1
                while known.setdefault((found["kind"], name), found) != found:
                    at += 1
                    name = f"{found['metadata']['name']}-{at}"
                self.names[path, test.name] = name
                actions, _ = enforcement(found)
                self.actions[path, test.name] = actions.get(Point.WEBHOOK, ())
                yield {**found, "metadata": {**found["metadata"], "name": name}}

    def _space(self, name: str | None) -> None:
        if name and name not in self._spaces:
            self._spaces.add(name)
            # One that cannot be made is told of with the sample that is in it.
            with contextlib.suppress(ClusterError):
                self.cluster.apply(support.namespace(name))

    def admission(self, one: Asked) -> Admission:
        """What Gatekeeper says to a case, with its inventory in the cluster and nothing else of its kind."""
        around = [support.within(item, "default") for item in one.inventory]
        spaces = [item for item in around if (item["apiVersion"], item["kind"]) == ("v1", "Namespace")]
        others = [item for item in around if item not in spaces]
        for item in around:
            self._space(item["metadata"]["namespace"] if support.namespaced(item) else None)
        made = [self.cluster.apply(item) for item in around]
        try:
            self.inventory.wait_for(made)
            return self._ask(one)
        finally:
            for item in others:
                self.cluster.delete(item)
            # Nothing here ends a Namespace; without its labels it is like any other.
            bare = [self.cluster.apply(support.namespace(item["metadata"]["name"])) for item in spaces]
            self.inventory.wait_for(bare, others)

    def _ask(self, one: Asked) -> Admission:
        if one.is_request:
            return self.cluster.review(one.object["request"])
        value = support.within(one.object, "default")
        found = self.cluster.admit(value)
        if not found.refused:
            if found.denied:
                self.refused.add(one.suite)
            if not found.first:
                return found
            # The API server tells the first message of its own policies; the webhook has them all.
            everything = self.cluster.review(_request(value))
            assert set(found.denied) <= set(everything.denied), one.title
            return everything
        assert _INVALID.search(found.refused), found.refused
        return self.cluster.review(_request(value))


def _request(value: Object) -> Object:
    """What the API server would send, were the object valid."""
    group, kind, namespace, name = support.key(value)
    version = value["apiVersion"].rpartition("/")[2]
    request: Object = {"operation": "CREATE", "kind": {"group": group, "version": version, "kind": kind}}
    return {**request, "namespace": namespace, "name": name, "object": value}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    support.need()
    with Cluster() as running:
        yield Stage(running)


def expected(stage: Stage, one: Asked) -> set[tuple[str, str]]:
    """What presync says, as the webhook words it."""
    name = stage.names[one.suite, one.test.name]
    actions = stage.actions[one.suite, one.test.name]
    return {(str(action), f"[{name}] {message}") for action in actions for message in one.said.messages}


def own(stage: Stage, one: Asked, found: Admission) -> Admission:
    """What the test's constraint says: the cluster has the constraints of all tests, and expands every workload."""
    start = f"[{stage.names[one.suite, one.test.name]}] "

    def ours(texts: tuple[str, ...]) -> tuple[str, ...]:
        kept = [text for text in texts if text.startswith(start)]
        return tuple(text for text in kept if one.test.expansion or not text.startswith(f"{start}[Implied by "))

    return Admission(ours(found.denied), ours(found.warned), found.refused)


@pytest.mark.parametrize("path", support.SUITES, ids=lambda path: path.parent.name)
def test_gatekeeper_says_what_presync_says(stage: Stage, path: Path) -> None:
    found = []
    for one in [one for one in stage.asked if one.suite == path]:
        real = own(stage, one, stage.admission(one))
        found += [f"{one.title}: {text}" for text in support.differences(expected(stage, one), real)]
    assert not found, "\n".join(found)


def test_inventory_that_policies_read_is_synced(stage: Stage) -> None:
    """A sample's inventory of a kind that no SyncSet names would not be there in a cluster."""
    missing = {
        f"{one.title}: {item['apiVersion']} {item['kind']}"
        for one in stage.asked
        for item in one.inventory
        if item["kind"] != "Namespace" and (item["apiVersion"], item["kind"]) not in stage.inventory.kinds
    }
    assert not missing, "\n".join(sorted(missing))


def test_of_every_policy_a_sample_went_the_whole_way(stage: Stage) -> None:
    """Samples that are no valid objects are put to the webhook directly; that proves less."""
    assert [path.parent.name for path in support.SUITES if path not in stage.refused] == []


def test_an_invalid_constraint_is_refused(stage: Stage) -> None:
    for path in support.SUITES:
        suite = reading.read(path, path.name)
        assert suite is not None
        for test in suite.tests:
            if test.invalid:
                [found] = support.documents(path.parent / test.constraint)
                assert stage.cluster.admit(found).refused, f"{path.parent.name}/{test.name}"


def test_the_webhook_is_asked(stage: Stage) -> None:
    """Otherwise everything that is admitted would prove nothing: some samples are refused, some are not."""
    denied = [one.title for one in stage.asked if one.said.messages]
    assert denied
    assert len(denied) < len(stage.asked)
    webhooks = stage.cluster.plane.kubernetes.list("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")
    policies = {hook["failurePolicy"] for one in webhooks for hook in one["webhooks"]}
    assert policies == {"Fail"}, json.dumps(webhooks)
