"""The parts of the proof that need no cluster."""

from __future__ import annotations

import pytest

from controlplane import build
from gatekeeper import cluster, crds
from gatekeeper.inventory import synced


def test_a_kind_that_nobody_defines_takes_anything() -> None:
    examples = [
        {"apiVersion": "a.example.com/v1beta1", "kind": "Policy", "metadata": {"name": "x"}},
        {"apiVersion": "a.example.com/v1", "kind": "Policy", "metadata": {"name": "x", "namespace": "y"}},
        {"apiVersion": "b.example.com/v1", "kind": "Prometheus", "metadata": {"name": "x"}},
    ]
    policy, prometheus = crds.anything(examples)
    assert policy["metadata"]["name"] == "policies.a.example.com"
    assert policy["spec"]["scope"] == "Namespaced"
    assert [one["name"] for one in policy["spec"]["versions"] if one["served"]] == ["v1", "v1beta1"]
    assert sum(one["storage"] for one in policy["spec"]["versions"]) == 1
    assert (prometheus["metadata"]["name"], prometheus["spec"]["scope"]) == ("prometheuses.b.example.com", "Cluster")


def test_what_is_synced() -> None:
    syncset = {
        "apiVersion": "syncset.gatekeeper.sh/v1alpha1",
        "kind": "SyncSet",
        "spec": {"gvks": [{"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}]},
    }
    config = {
        "apiVersion": "config.gatekeeper.sh/v1alpha1",
        "kind": "Config",
        "spec": {"sync": {"syncOnly": [{"group": "", "version": "v1", "kind": "Namespace"}]}},
    }
    assert synced([syncset, config, {"apiVersion": "v1", "kind": "Pod"}]) == {
        ("networking.k8s.io/v1", "Ingress"),
        ("v1", "Namespace"),
    }


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[a] one", ("[a] one",)),
        ("[a] one\n[b.c] [Implied by x] two", ("[a] one", "[b.c] [Implied by x] two")),
        ("[a] one\nsecond line\n[B] no name\n[b] two", ("[a] one\nsecond line\n[B] no name", "[b] two")),
    ],
)
def test_messages_are_taken_apart_by_constraint(text: str, messages: tuple[str, ...]) -> None:
    assert cluster._messages(text) == messages


def test_a_warning_is_read_from_its_header() -> None:
    assert cluster._warning(r'299 - "[a] wants \"b\""') == '[a] wants "b"'


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster.instance, "unavailable", lambda kube_only: None)
    monkeypatch.setattr(build, "missing", lambda modules: [one.name for one in modules])
    assert "Gatekeeper is not built" in (cluster.unavailable() or "")
