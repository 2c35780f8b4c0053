"""What an AppProject lets an Application do, against what Argo CD 3.5.7 said to the same objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from presync.argocd.model import Application, Manifest, Origin
from presync.argocd.permissions import Cluster
from presync.argocd.project import denials, doubts
from presync.base.finding import Location
from presync.render.model import Resource

RECORDED = json.loads((Path(__file__).parent / "cases" / "projects.json").read_text())
CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kinds"}}
SERVER = "https://kubernetes.default.svc"


def application(spec: Mapping[str, Any], name: str = "app", namespace: str = "argocd") -> Application:
    return Application(
        {"metadata": {"name": name, "namespace": namespace}, "spec": spec}, Origin(Location("apps/a.yaml", 3))
    )


def project(spec: Mapping[str, Any]) -> Manifest:
    return Manifest({"kind": "AppProject", "metadata": {"name": "p"}, "spec": spec}, Location("apps/projects.yaml", 7))


def resource(data: Mapping[str, Any], namespace: str) -> Resource:
    return Resource(data, namespace, Location("a.yaml"))


@pytest.mark.parametrize("case", RECORDED["applications"], ids=lambda case: case["name"])
def test_as_argo_cd_itself(case: Mapping[str, Any]) -> None:
    app = application(case["spec"], case["name"])
    spec = RECORDED["projects"].get(app.project)
    found = denials(app, project(spec) if spec else None, [resource(CONFIG_MAP, app.destination.namespace)])
    assert bool(found) == bool(case["said"])
    if found and "source {" not in case["said"][0]:  # there it prints a structure of Go
        assert found[0].message == case["said"][0]


def test_every_denial_says_where_and_what_to_do() -> None:
    spec = {
        "project": "p",
        "destination": {"server": SERVER, "namespace": "a"},
        "source": {"repoURL": "https://a/b", "path": "c"},
    }
    [source, destination] = denials(application(spec), project({}))
    assert (source.kind, source.field) == ("project-source-denied", "spec.source.repoURL")
    assert (destination.kind, destination.location) == ("project-destination-denied", Location("apps/a.yaml", 3))
    assert "AppProject p (apps/projects.yaml:7)" in source.remedy


def test_a_project_that_is_declared_elsewhere_is_not_judged() -> None:
    spec = {"project": "elsewhere", "destination": {}, "source": {}}
    assert [one.kind for one in denials(application(spec), None)] == ["project-missing"]
    assert denials(application(spec), None, declared=True) == ()


def test_the_caller_may_know_which_kinds_have_no_namespace() -> None:
    spec = {
        "project": "p",
        "destination": {"server": SERVER, "namespace": "a"},
        "source": {"repoURL": "https://a/b", "path": "c"},
    }
    allowed = project({"sourceRepos": ["*"], "destinations": [{"server": "*", "namespace": "*"}]})
    widget = resource({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}}, "a")
    assert denials(application(spec), allowed, [widget]) == ()
    [denied] = denials(application(spec), allowed, [widget], cluster_scoped=lambda one: True)
    assert denied.message == "resource example.com:Widget is not permitted in project p"


def test_a_cluster_that_is_known_by_both_names_leaves_no_doubt() -> None:
    spec = {
        "project": "p",
        "destination": {"name": "prod", "namespace": "a"},
        "source": {"repoURL": "https://a/b", "path": "c"},
    }
    allowed = project(
        {"sourceRepos": ["*"], "destinations": [{"server": "https://prod.example.com", "namespace": "*"}]}
    )
    known = [Cluster("prod", "https://prod.example.com")]
    assert [one.kind for one in doubts(application(spec), allowed)] == ["destination-unknown"]
    assert denials(application(spec), allowed) == ()
    assert doubts(application(spec), allowed, known) == ()
    assert denials(application(spec), allowed, clusters=known) == ()
    other = [Cluster("prod", "https://other.example.com")]
    assert [one.kind for one in denials(application(spec), allowed, clusters=other)] == ["project-destination-denied"]


@pytest.mark.parametrize(
    "spec", [{}, {"destinations": "x", "sourceRepos": {"a": 1}}, {"destinations": [1, None]}, None]
)
def test_a_project_of_any_shape_is_no_crash(spec: Any) -> None:
    app = {
        "project": "p",
        "destination": {"server": SERVER, "namespace": "a"},
        "source": {"repoURL": "https://a/b", "path": "c"},
    }
    assert denials(application(app), project(spec), [resource(CONFIG_MAP, "a")])
